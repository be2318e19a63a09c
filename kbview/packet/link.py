"""Link types: what a capture's frames begin with, and how those that lack an Ethernet header get one.

MAC addresses are made up from IP addresses (02:00 and the last four bytes: locally administered),
so that a host keeps its address through a capture. A "cooked" capture (SLL, what `tcpdump -i any`
writes) tells the sender's own.

https://www.tcpdump.org/linktypes.html
"""

import struct
from typing import NamedTuple

from kbview.packet.ethernet import ETH_HLEN, ETH_P_IP, ETH_P_IPV6

LINKTYPE_NULL = 0
LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101
LINKTYPE_LOOP = 108
LINKTYPE_LINUX_SLL = 113
LINKTYPE_IPV4 = 228
LINKTYPE_IPV6 = 229
LINKTYPE_LINUX_SLL2 = 276
PACKET_BROADCAST = 1  # SLL's packet type, as in linux/if_packet.h

HEADER_LENGTHS = {
    LINKTYPE_NULL: 4,
    LINKTYPE_ETHERNET: ETH_HLEN,
    12: 0,  # DLT_RAW, as some systems number it
    14: 0,  # DLT_RAW on OpenBSD
    LINKTYPE_RAW: 0,
    LINKTYPE_LOOP: 4,
    LINKTYPE_LINUX_SLL: 16,
    LINKTYPE_IPV4: 0,
    LINKTYPE_IPV6: 0,
    LINKTYPE_LINUX_SLL2: 20,
}

_BROADCAST = b"\xff" * 6
_NOBODY = b"\x02" + bytes(5)
_ETHERTYPES = {4: ETH_P_IP, 6: ETH_P_IPV6}
_SLL = struct.Struct("!HHH6s2x2s")
_SLL2 = struct.Struct("!2s8xBB6s2x")


def as_ethernet(link_type: int, data: bytes) -> bytes:
    """The frame with an Ethernet header in place of its own."""
    if link_type == LINKTYPE_ETHERNET:
        return data
    header, packet = data[: HEADER_LENGTHS[link_type]], data[HEADER_LENGTHS[link_type] :]
    version = packet[0] >> 4 if packet else 0
    source, destination = _addresses(version, packet)
    ethertype = _ETHERTYPES.get(version, 0).to_bytes(2, "big")
    if link_type in (LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2):
        cooked = _parse_cooked(link_type, header)
        source = cooked.source or source
        destination = _BROADCAST if cooked.broadcast else destination
        ethertype = cooked.ethertype
    return destination + source + ethertype + packet


class _Cooked(NamedTuple):
    """What SLL tells of the header that it replaced; `source` is b"" for a link without MACs."""

    broadcast: bool
    source: bytes
    ethertype: bytes


def _parse_cooked(link_type: int, header: bytes) -> _Cooked:
    header = header.ljust(HEADER_LENGTHS[link_type], b"\0")
    if link_type == LINKTYPE_LINUX_SLL:
        kind, _, length, address, ethertype = _SLL.unpack(header)
    else:
        ethertype, kind, length, address = _SLL2.unpack(header)
    return _Cooked(kind == PACKET_BROADCAST, address if length == 6 else b"", ethertype)


def _addresses(version: int, packet: bytes) -> tuple[bytes, bytes]:
    """MAC addresses for an IP packet's source and destination."""
    if version == 4:
        return _mac(packet[12:16]), _mac(packet[16:20])
    return (_mac(packet[8:24]), _mac(packet[24:40])) if version == 6 else (_NOBODY, _NOBODY)


def _mac(address: bytes) -> bytes:
    """Multicast and broadcast as the standards map them (RFC 1112, RFC 2464); a host as 02:00."""
    if address == b"\xff" * 4:
        return _BROADCAST
    if len(address) == 4 and address[0] >> 4 == 0xE:
        return bytes((0x01, 0x00, 0x5E, address[1] & 0x7F)) + address[2:]
    if len(address) == 16 and address[0] == 0xFF:
        return b"\x33\x33" + address[-4:]
    return (b"\x02\x00" + address[-4:]).ljust(6, b"\0")
