"""What a NIC's parser and the stack's first checks see of a frame: whose it is, and if it is sound.

The general way, for any frame; the capture reader's loop has a short cut for the usual ones. A frame
that was captured in part is judged by what is there: neither its checksums nor its missing bytes
count against it.
"""

import msgspec

from kbview.packet import arp, ethernet, icmp, ipv4, ipv6, tcp, udp
from kbview.packet.checksum import partial, pseudo_header, valid
from kbview.packet.frame import Part, Protocol
from kbview.packet.malformed import MalformedPacketError
from kbview.packet.record import LONGEST_PACKET
from kbview.packet.refusal import ipv4_refusal, ipv6_refusal

IPV4_ADDRESS = 4  # bytes
PART_HEAD = tcp.HEADER  # bytes of a fragment that are kept: of the first, its transport's header

# What consumes a datagram, and how much of its header must have been captured to say more.
_PORTED = {ipv4.IPPROTO_UDP: (Protocol.UDP, 8), ipv4.IPPROTO_TCP: (Protocol.TCP, 20)}
_OF_IPV4 = {ipv4.IPPROTO_ICMP: (Protocol.ICMP, 8), **_PORTED}
_OF_IPV6 = {ipv6.IPPROTO_ICMPV6: (Protocol.ICMP, 8), **_PORTED}
# Where a transport header keeps its checksum, and the kernel's reason when it is wrong.
_CHECKSUMS = {
    ipv4.IPPROTO_ICMP: (2, "ICMP_CSUM"),
    ipv6.IPPROTO_ICMPV6: (2, "ICMP_CSUM"),
    ipv4.IPPROTO_UDP: (6, "UDP_CSUM"),
    ipv4.IPPROTO_TCP: (16, "TCP_CSUM"),
}


class Outline(msgspec.Struct):
    """A frame in outline; addresses and ports are as on the wire, b"" where there are none."""

    macs: bytes  # destination, source
    protocol: Protocol = Protocol.OTHER
    source: bytes = b""
    destination: bytes = b""
    ports: bytes = b""  # source, destination
    fragment: bool = False
    payload: int = 0
    tcp_flags: int = 0
    fault: str = ""
    inner: object = None  # the numbers in a TCP header, or of a fragment a Part


def outline(data: bytes, length: int, verify: bool) -> Outline:
    """Read a frame of `length` bytes of which `data` was captured; `verify` its checksums too."""
    seen = Outline(data[:12].ljust(12, b"\0"))
    missing = min(max(length - len(data), 0), LONGEST_PACKET)
    try:
        header, packet = ethernet.parse(data)
        captured = len(packet)
        packet += bytes(missing)
        if header.ethertype == ethernet.ETH_P_IP:
            _read_ipv4(seen, packet, captured, verify)
        elif header.ethertype == ethernet.ETH_P_IPV6:
            _read_ipv6(seen, packet, captured, verify)
        elif header.ethertype == ethernet.ETH_P_ARP:
            _read_arp(seen, packet)
    except MalformedPacketError as malformed:
        seen.fault = "" if missing else malformed.reason
    return seen


def _read_arp(seen: Outline, packet: bytes) -> None:
    seen.protocol = Protocol.ARP
    message, _ = arp.parse(packet)
    seen.source, seen.destination = message.sender, message.target


def _read_ipv4(seen: Outline, packet: bytes, captured: int, verify: bool) -> None:
    seen.protocol = Protocol.IP
    header, payload = ipv4.parse(packet)
    seen.source, seen.destination = header.source, header.destination
    seen.fragment = header.fragment
    verify = verify and captured >= header.length + len(payload)
    unsegmented = ipv4.unsegmented(packet)
    summed = not unsegmented or packet[ipv4.CHECKSUM] != b"\0\0"  # else left to the NIC
    if verify and summed and not valid(packet[: header.length]):
        seen.fault = "IP_CSUM"
    if not seen.fault and captured >= header.length:
        seen.fault = ipv4_refusal(header, _from_loopback(seen))
    verify = verify and not unsegmented  # the NIC sums each segment that it cuts
    if seen.fragment:
        seen.inner = Part(header, len(payload), payload[:PART_HEAD])
    _read_transport(seen, header.protocol, payload, captured - header.length, verify)


def _read_ipv6(seen: Outline, packet: bytes, captured: int, verify: bool) -> None:
    seen.protocol = Protocol.IP
    header, payload = ipv6.parse(packet)
    seen.source, seen.destination = header.source, header.destination
    seen.fragment = header.fragment
    verify = verify and captured >= header.length + len(payload) and not ipv6.unsegmented(packet)
    if captured >= header.length:
        seen.fault = ipv6_refusal(header, _from_loopback(seen))
    if seen.fragment:
        seen.inner = Part(header, len(payload), payload[:PART_HEAD])
    _read_transport(seen, header.protocol, payload, captured - header.length, verify)


def _from_loopback(seen: Outline) -> bool:
    """Whether the frame came from `lo`: its source is zero, or the same as its destination."""
    destination, source = seen.macs[:6], seen.macs[6:]
    return destination == source or not any(source)


def _read_transport(seen: Outline, number: int, segment: bytes, captured: int, verify: bool) -> None:
    """Read a datagram's transport header, if it is not a fragment and the capture has it."""
    known = _OF_IPV4 if len(seen.source) == IPV4_ADDRESS else _OF_IPV6
    protocol, needed = known.get(number, (Protocol.IP, 0))
    if seen.fragment or protocol is Protocol.IP or captured < min(needed, len(segment)):
        return
    seen.protocol = protocol
    fault = ""
    if protocol is Protocol.ICMP:
        message, _ = icmp.parse(segment)
        fault = _unknown_message(number, message.type)
    else:
        seen.ports = segment[:4]
    if protocol is Protocol.TCP:
        header, payload = tcp.parse(segment)
        seen.payload, seen.tcp_flags = len(payload), header.flags
        seen.inner = bytes(segment[tcp.NUMBERS])
    elif protocol is Protocol.UDP:
        seen.payload = len(udp.parse(segment)[1])
    if verify and not seen.fault:
        seen.fault = transport_fault(number, seen.source + seen.destination, segment)
    seen.fault = seen.fault or fault


def _unknown_message(number: int, kind: int) -> str:
    """The reason of icmp_rcv() against an unknown type of ICMP, else "" (RFC 1122, 3.2.2)."""
    return "UNHANDLED_PROTO" if number == ipv4.IPPROTO_ICMP and kind > icmp.NR_ICMP_TYPES else ""


def datagram_fault(datagram: bytes) -> str:
    """Why the kernel would refuse a whole IPv4 datagram without options, or "" if it is sound."""
    if not valid(datagram[:20]):
        return "IP_CSUM"
    return transport_fault(datagram[ipv4.PROTOCOL], datagram[ipv4.ADDRESSES], datagram[20:])


def transport_fault(number: int, addresses: bytes, segment: bytes) -> str:
    """Why the kernel would refuse a whole segment by its checksum, or ""."""
    position, reason = _CHECKSUMS[number]
    if number == ipv4.IPPROTO_UDP:
        segment = segment[: int.from_bytes(segment[4:6], "big")]
    pseudo = pseudo_header(addresses, number, len(segment))
    if number == ipv4.IPPROTO_ICMP:
        pseudo = b""
    field = int.from_bytes(segment[position : position + 2], "big")
    if number == ipv4.IPPROTO_UDP and not field and len(addresses) == 8:
        return ""  # IPv4 may leave it out; IPv6 may not (RFC 8200 section 8.1)
    if pseudo and partial(field, pseudo):
        return ""
    return "" if valid(pseudo + segment) else reason
