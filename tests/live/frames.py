"""Frames with one fault each, sent by a packet socket from one end of a testbed to the other."""

import socket
import struct

from kbview.sources.linux.testbed import Testbed

PORT = 7300  # where nobody listens, unless a test does


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(bed: Testbed, body: bytes, *, protocol: int = 17, source: str = "", wrong: int = 0) -> bytes:
    """An IPv4 packet from a to b; `wrong` is added to the header's checksum."""
    source_bytes = socket.inet_aton(source or bed.a.address)
    ends = source_bytes + socket.inet_aton(bed.b.address)
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0) + ends
    total = (checksum(head) + wrong) & 0xFFFF
    return head[:10] + total.to_bytes(2, "big") + head[12:] + body


def udp(port: int = PORT, *, check: int = 0) -> bytes:
    """A datagram of 20 bytes; a checksum of 0 says that there is none."""
    return struct.pack("!HHHH", 40000, port, 28, check) + bytes(20)


def send_frames(
    bed: Testbed, packet: bytes, count: int, *, ethertype: int = 0x0800, mac: str = ""
) -> None:
    """The same frame `count` times; `mac` is the receiver's, b's own unless said otherwise."""
    ends = bytes.fromhex((mac or bed.b.mac).replace(":", "") + bed.a.mac.replace(":", ""))
    frame = ends + ethertype.to_bytes(2, "big") + packet
    with bed.a.namespace.entered():
        sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with sender:
        sender.bind((bed.a.link, 0))
        for _ in range(count):
            sender.send(frame.ljust(60, b"\0"))
