"""Primitives: the comparisons that `host`, `net`, `port` and the protocols' names stand for.

libpcap: gencode.c, gen_host(), gen_portop(), gen_portop6(), gen_proto(), gen_proto_abbrev().
"""

from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network

import msgspec

from kbview.packet.filter.filter_tree import FieldTest, Layer, Negated, Tree, every, some

IPV4, ARP, RARP, IPV6 = 0x0800, 0x0806, 0x8035, 0x86DD
LINKS = {"ip": IPV4, "arp": ARP, "rarp": RARP, "ip6": IPV6}
TRANSPORTS = {"tcp": 6, "udp": 17, "sctp": 132}
PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    **TRANSPORTS,
    "icmp6": 58,
    "esp": 50,
    "ah": 51,
    "gre": 47,
    "pim": 103,
}
_FRAGMENT, _FRAGMENTED = 44, 0x1FFF
_PLACES = {IPV4: (12, 16), ARP: (14, 24), RARP: (14, 24), IPV6: (8, 24)}  # source, destination


class Qualifiers(msgspec.Struct, frozen=True):
    """The words before a name: `protocol` such as tcp, `way` src, dst, or both of them joined by
    `or` or `and`, `kind` host, net, port, portrange or proto. "" is the default.

    `depth` is the number of VLAN tags that the words before have asked for.
    """

    protocol: str = ""
    way: str = ""
    kind: str = ""
    depth: int = 0


def link(ethertype: int, depth: int) -> Tree:
    """Frames with this ethertype."""
    return FieldTest(Layer.TYPE, 0, 2, ethertype, depth=depth)


def protocol(name: str, depth: int) -> Tree:
    """Frames of a protocol by its name: a key of LINKS or PROTOCOLS."""
    if name in LINKS:
        return link(LINKS[name], depth)
    if name == "icmp6":
        return of_ipv6(PROTOCOLS[name], depth)
    if name in ("icmp", "igmp"):
        return of_ipv4(PROTOCOLS[name], depth)
    return some(of_ipv4(PROTOCOLS[name], depth), of_ipv6(PROTOCOLS[name], depth))


def of_ipv4(number: int, depth: int) -> Tree:
    """IPv4 packets with this protocol number."""
    return every(link(IPV4, depth), FieldTest(Layer.NETWORK, 9, 1, number, depth=depth))


def of_ipv6(number: int, depth: int) -> Tree:
    """IPv6 packets with this next header, also behind a fragment header."""
    fragment = every(
        FieldTest(Layer.NETWORK, 6, 1, _FRAGMENT, depth=depth),
        FieldTest(Layer.NETWORK, 40, 1, number, depth=depth),
    )
    first = FieldTest(Layer.NETWORK, 6, 1, number, depth=depth)
    return every(link(IPV6, depth), some(first, fragment))


def network(words: Qualifiers, wanted: IPv4Network | IPv6Network) -> Tree:
    """Packets from or to a network; a host is a network of one address."""
    if isinstance(wanted, IPv6Network):
        links = [IPV6]
    else:
        links = [LINKS[words.protocol]] if words.protocol else [IPV4, ARP, RARP]
    return some(*(_addressed(words, ethertype, wanted) for ethertype in links))


def _addressed(words: Qualifiers, ethertype: int, wanted: IPv4Network | IPv6Network) -> Tree:
    address, mask = wanted.network_address.packed, wanted.netmask.packed
    source, destination = _PLACES[ethertype]

    def at(place: int) -> Tree:
        return _bytes_at(Layer.NETWORK, place, address, mask, words.depth)

    return every(link(ethertype, words.depth), _sides(words.way, at, source, destination))


def _bytes_at(layer: Layer, place: int, wanted: bytes, mask: bytes, depth: int) -> Tree:
    """Comparisons of four, two or one byte at a time; bytes that the mask leaves out are not read."""
    parts: list[Tree] = []
    for at in range(0, len(wanted), 4):
        size = min(4, len(wanted) - at)
        masked = int.from_bytes(mask[at : at + size], "big")
        value = int.from_bytes(wanted[at : at + size], "big")
        if masked:
            parts.append(FieldTest(layer, place + at, size, value, masked, depth=depth))
    return every(*parts) if parts else Negated(FieldTest(layer, place, 1, 0, 0, ">", depth=depth))


def _sides(way: str, at: Callable[[int], Tree], source: int, destination: int) -> Tree:
    """The comparison at the source, the destination, at one of them, or at both."""
    if way in ("src", "dst"):
        return at(source if way == "src" else destination)
    return (every if way == "and" else some)(at(source), at(destination))


def hardware(words: Qualifiers, address: bytes) -> Tree:
    """Frames from or to a MAC address."""

    def at(place: int) -> Tree:
        return _bytes_at(Layer.ADDRESSES, place, address, b"\xff" * 6, 0)

    return _sides(words.way, at, 6, 0)


def ports(words: Qualifiers, first: int, last: int) -> Tree:
    """Packets from or to a port of the range; a fragment without ports is not one of them."""
    numbers = [TRANSPORTS[words.protocol]] if words.protocol else list(TRANSPORTS.values())
    depth = words.depth

    def in_range(layer: Layer, place: int) -> Tree:
        if first == last:
            return FieldTest(layer, place, 2, first, depth=depth)
        below = FieldTest(layer, place, 2, last, sign=">", depth=depth)
        return every(FieldTest(layer, place, 2, first, sign=">=", depth=depth), Negated(below))

    def of(place: int) -> Tree:
        return some(*(FieldTest(Layer.NETWORK, place, 1, number, depth=depth) for number in numbers))

    whole = FieldTest(Layer.NETWORK, 6, 2, 0, _FRAGMENTED, depth=depth)
    behind = _sides(words.way, lambda place: in_range(Layer.TRANSPORT, place), 0, 2)
    behind6 = _sides(words.way, lambda place: in_range(Layer.NETWORK, place), 40, 42)
    return some(
        every(link(IPV6, depth), of(6), behind6), every(link(IPV4, depth), of(9), whole, behind)
    )


def group(name: str, protocol_name: str, depth: int) -> Tree:
    """Frames to a group: `broadcast` and `multicast`, of Ethernet, or of IP by its addresses."""
    if protocol_name == "ip":
        return every(link(IPV4, depth), FieldTest(Layer.NETWORK, 16, 1, 224, sign=">=", depth=depth))
    if protocol_name == "ip6":
        return every(link(IPV6, depth), FieldTest(Layer.NETWORK, 24, 1, 255, depth=depth))
    if name == "broadcast":
        return _bytes_at(Layer.ADDRESSES, 0, b"\xff" * 6, b"\xff" * 6, 0)
    return FieldTest(Layer.ADDRESSES, 0, 1, 1, 1)
