"""Which bytes of a frame are which header, told from as much of it as was captured. Never fails.

A summary goes with it: addresses and ports, for a line in a list. Whether the packet is sound is for
`outline` to say, what all of its fields are for `dissect`.
"""

from ipaddress import IPv4Address, IPv6Address

import msgspec

from kbview.packet import ethernet, ipv4, ipv6
from kbview.packet.frame import endpoint

_IPV6_EXTENSIONS = frozenset(
    {0, 43, 60}
)  # hop-by-hop, routing, destination: the length is in the second byte
_NAMES = {
    ipv4.IPPROTO_ICMP: "ICMP",
    ipv4.IPPROTO_TCP: "TCP",
    ipv4.IPPROTO_UDP: "UDP",
    ipv6.IPPROTO_ICMPV6: "ICMPv6",
}
_ARP_LENGTH = 28
_FLAGS = "FSRPAUEC"  # FIN, SYN, RST, PSH, ACK, URG, ECE, CWR: from the lowest bit


class LayoutPart(msgspec.Struct, frozen=True):
    """A header, the payload or the padding. `level` is 2, 3 or 4 by the layer of a header, else 5."""

    name: str
    level: int
    length: int


class Layout(msgspec.Struct):
    """The parts of a frame in their order, and who sends what to whom."""

    parts: list[LayoutPart]
    protocol: str = "other"
    source: str = ""
    destination: str = ""
    source_port: int = 0
    destination_port: int = 0
    flags: str = ""  # of a TCP segment, a letter each

    @property
    def way(self) -> str:
        """`10.0.0.1:40312 > 10.0.0.2:80`; "" where there are no addresses."""
        if not self.source:
            return ""
        sender, receiver = (
            endpoint(self.source, self.source_port),
            endpoint(self.destination, self.destination_port),
        )
        return f"{sender} > {receiver}"


def layout(data: bytes, length: int) -> Layout:
    """The parts of a frame of `length` bytes without FCS, of which `data` was captured."""
    found = Layout([])
    offset, ethertype = _ethernet(data)
    found.parts.append(LayoutPart("Ethernet", 2, min(offset, length)))
    packet = data[offset:]
    if ethertype == ethernet.ETH_P_IP and len(packet) >= 20:
        offset += _ipv4(found, packet)
    elif ethertype == ethernet.ETH_P_IPV6 and len(packet) >= 40:
        offset += _ipv6(found, packet)
    elif ethertype == ethernet.ETH_P_ARP:
        _arp(found, packet)
        offset += _ARP_LENGTH
    end = max(offset, min(length, _end(data, ethertype) or length))
    name = "payload" if len(found.parts) > 1 else "data"
    rest = (LayoutPart(name, 5, end - offset), LayoutPart("padding", 5, length - end))
    found.parts += [part for part in rest if part.length > 0]
    return found


def _end(data: bytes, ethertype: int) -> int:
    """The end of the IPv4 packet by its total length; 0 where there is none, or a driver left it 0."""
    offset = _ethernet(data)[0]
    total = int.from_bytes(data[offset + 2 : offset + 4], "big")
    return offset + total if ethertype == ethernet.ETH_P_IP and total else 0


def _ethernet(data: bytes) -> tuple[int, int]:
    """The length of the MAC header with its tags, and the ethertype; 0 if it is not there."""
    offset = 12
    while int.from_bytes(data[offset : offset + 2], "big") in ethernet.TAGS:
        offset += 4
    return offset + 2, int.from_bytes(data[offset : offset + 2], "big")


def _ipv4(found: Layout, packet: bytes) -> int:
    length = max((packet[0] & 0xF) * 4, 20)
    found.parts.append(LayoutPart("IPv4", 3, length))
    found.protocol = "ip"
    found.source, found.destination = str(IPv4Address(packet[12:16])), str(IPv4Address(packet[16:20]))
    if int.from_bytes(packet[6:8], "big") & 0x1FFF:
        return length  # a later fragment has no transport header
    return length + _transport(found, packet[9], packet[length:])


def _ipv6(found: Layout, packet: bytes) -> int:
    length, number = 40, packet[6]
    while number in _IPV6_EXTENSIONS and len(packet) >= length + 2:
        number, length = packet[length], length + (packet[length + 1] + 1) * 8
    found.parts.append(LayoutPart("IPv6", 3, length))
    found.protocol = "ip"
    found.source, found.destination = str(IPv6Address(packet[8:24])), str(IPv6Address(packet[24:40]))
    return length + _transport(found, number, packet[length:])


def _transport(found: Layout, number: int, segment: bytes) -> int:
    name = _NAMES.get(number)
    if name is None:
        return 0
    found.protocol = name.lower().removesuffix("v6")
    length = max((segment[12] >> 4) * 4, 20) if name == "TCP" and len(segment) > 12 else 20
    if name != "TCP":
        length = 8
    if name == "TCP" and len(segment) > 13:
        found.flags = "".join(letter for bit, letter in enumerate(_FLAGS) if segment[13] >> bit & 1)
    if name in ("TCP", "UDP") and len(segment) >= 4:
        found.source_port = int.from_bytes(segment[:2], "big")
        found.destination_port = int.from_bytes(segment[2:4], "big")
    found.parts.append(LayoutPart(name, 4, length))
    return length


def _arp(found: Layout, packet: bytes) -> None:
    found.parts.append(LayoutPart("ARP", 3, _ARP_LENGTH))
    found.protocol = "arp"
    if len(packet) >= _ARP_LENGTH and packet[4:6] == b"\x06\x04":
        found.source, found.destination = (
            str(IPv4Address(packet[14:18])),
            str(IPv4Address(packet[24:28])),
        )
