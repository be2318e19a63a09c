"""The stamp: what each frame of the lab carries in its first 16 bytes of payload.

     0        6       12  14              34          42        50        58
    | to MAC | from   |08 00| IPv4 header | UDP header| sequence| sent, ns| zeros
                                             ^ checksum 0: "not computed", as RFC 768 allows

`sent` is CLOCK_MONOTONIC at the sender: one machine, one clock, so a receiver can subtract.
"""

import socket
import struct

from kbview.sources.linux.veth import Address
from kbview.sources.workers.load import FIRST_PORT, RECEIVING_PORT

STAMP = struct.Struct("=QQ")
HEADERS = 42
SOURCE_PORT = 34  # offset in the frame
FCS = 4
LEAST = 64


def wire_length(payload: int) -> int:
    """The length on the wire, with FCS and padding, of a datagram with so many bytes."""
    return max(payload + HEADERS + FCS, LEAST)


def template(sender: Address, receiver: Address, size: int) -> bytes:
    """A frame of `size` bytes with FCS, which is not part of what is sent; its stamp is zero."""
    length = size - FCS
    macs = b"".join(bytes.fromhex(end.mac.replace(":", "")) for end in (receiver, sender))
    udp = struct.pack("!HHHH", FIRST_PORT, RECEIVING_PORT, length - 34, 0)
    head = macs + b"\x08\x00" + _ipv4(sender.address, receiver.address, length - 14) + udp
    return head.ljust(length, b"\0")


def _ipv4(source: str, destination: str, length: int) -> bytes:
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    head = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0x4000, 64, socket.IPPROTO_UDP, 0) + addresses
    total = sum(struct.unpack("!10H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack("!H", ~total & 0xFFFF) + head[12:]
