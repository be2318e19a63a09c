"""Link types: the header that a capture's packets begin with, and the Ethernet header in its place.

A link type that carries Ethernet frames loses the header before them. A link type that carries IP
packets gets an Ethernet header. MAC addresses come from the packet's own header if there are any in it;
else from the IP addresses (02:00 and the last four bytes: locally administered), so that a host keeps
its address through a capture.

https://www.tcpdump.org/linktypes.html
"""

from collections.abc import Callable
from typing import NamedTuple

from kbview.packet import cooked, offload_tag, point_to_point, wireless
from kbview.packet.llc import (
    ANYTHING,
    LLC,
    Inside,
    bridged,
    ethernet_header,
    internet,
    subnetwork,
)
from kbview.packet.unread_link import UNREAD

LINKTYPE_NULL = 0
LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101
LINKTYPE_LINUX_SLL = 113
LINKTYPE_LINUX_SLL2 = 276
_IPNET = 24  # bytes of Solaris's header
_DEEPEST = 4  # headers that name a link type of their own, one inside the other

Unwrap = Callable[[bytes], Inside]


class LinkType(NamedTuple):
    """A link type that is read: its name after LINKTYPE_, and how its header is taken off."""

    name: str
    unwrap: Unwrap


def _token_ring(data: bytes) -> Inside:
    """IEEE 802.5: access and frame control, two addresses, a route if the source says so, LLC."""
    routed = len(data) > 14 and data[8] & 0x80
    start = 14 + (data[14] & 0x1F if routed else 0)
    source = bytes([data[8] & 0x7F]) + data[9:14] if len(data) >= 14 else b""
    return subnetwork(data, start, data[2:8], source)


def _sun_atm(data: bytes) -> Inside:
    """Direction and kind of traffic, virtual path and channel, then LLC if the kind is 2."""
    is_llc = len(data) > 0 and data[0] & 0x0F == 2
    return subnetwork(data, 4) if is_llc else Inside(4, ethernet_header(data[4:], LLC))


def _ipnet(data: bytes) -> Inside:
    """Solaris: version, family, hook, five words of 4 bytes. Headers without the last 2 are about."""
    version = {2: 4, 26: 6}.get(data[1], 0) if len(data) > _IPNET else 0
    is_short = version and data[_IPNET] >> 4 != version == data[_IPNET - 2] >> 4
    return internet(data, _IPNET - 2 if is_short else _IPNET)


LINK_TYPES: dict[int, LinkType] = {
    LINKTYPE_NULL: LinkType("NULL", lambda data: internet(data, 4)),
    LINKTYPE_ETHERNET: LinkType("ETHERNET", lambda _: Inside(0, b"")),
    6: LinkType("IEEE802_5", _token_ring),
    8: LinkType("SLIP", lambda data: internet(data, 16)),
    9: LinkType("PPP", point_to_point.ppp),
    10: LinkType("FDDI", lambda data: subnetwork(data, 13, data[1:7], data[7:13])),
    11: LinkType("ATM_RFC1483", lambda data: subnetwork(data, 0)),
    12: LinkType("RAW", lambda data: internet(data, 0)),
    14: LinkType("RAW", lambda data: internet(data, 0)),  # as OpenBSD numbers it
    50: LinkType("PPP_HDLC", point_to_point.ppp_hdlc),
    51: LinkType("PPP_ETHER", point_to_point.pppoe),
    100: LinkType("ATM_RFC1483", lambda data: subnetwork(data, 0)),
    LINKTYPE_RAW: LinkType("RAW", lambda data: internet(data, 0)),
    104: LinkType("C_HDLC", point_to_point.cisco_hdlc),
    105: LinkType("IEEE802_11", wireless.ieee80211),
    107: LinkType("FRELAY", point_to_point.frame_relay),
    108: LinkType("LOOP", lambda data: internet(data, 4)),
    109: LinkType("ENC", lambda data: internet(data, 12)),
    LINKTYPE_LINUX_SLL: LinkType("LINUX_SLL", cooked.sll),
    117: LinkType("PFLOG", lambda data: internet(data, -(-data[0] // 4) * 4 if data else 0)),
    119: LinkType("IEEE802_11_PRISM", wireless.prism),
    122: LinkType("IP_OVER_FC", lambda data: subnetwork(data, 16, data[2:8], data[10:16])),
    123: LinkType("SUNATM", _sun_atm),
    127: LinkType("IEEE802_11_RADIOTAP", wireless.radiotap),
    138: LinkType("APPLE_IP_OVER_IEEE1394", lambda data: bridged(data, 16, b"", b"")),
    163: LinkType("IEEE802_11_AVS", wireless.avs),
    166: LinkType("PPP_PPPD", point_to_point.pppd),
    204: LinkType("PPP_WITH_DIR", lambda data: point_to_point.ppp(data, 1)),
    205: LinkType("C_HDLC_WITH_DIR", lambda data: point_to_point.cisco_hdlc(data, 1)),
    206: LinkType("FRELAY_WITH_DIR", lambda data: point_to_point.frame_relay(data, 1)),
    219: LinkType("MPLS", point_to_point.mpls),
    226: LinkType("IPNET", _ipnet),
    228: LinkType("IPV4", lambda data: internet(data, 0)),
    229: LinkType("IPV6", lambda data: internet(data, 0)),
    239: LinkType("NFLOG", cooked.nflog),
    242: LinkType("IPOIB", lambda data: bridged(data, 40, b"", b"", after=2)),
    259: LinkType("EPON", lambda _: Inside(8, b"")),
    274: LinkType("ETHERNET_MPACKET", lambda _: Inside(8, b"")),
    LINKTYPE_LINUX_SLL2: LinkType("LINUX_SLL2", cooked.sll2),
    281: LinkType("DSA_TAG_BRCM", lambda data: offload_tag.after_addresses(data, 4)),
    282: LinkType("DSA_TAG_BRCM_PREPEND", lambda _: Inside(4, b"")),
    283: LinkType("DSA_TAG_DSA", lambda data: offload_tag.after_addresses(data, 4)),
    284: LinkType("DSA_TAG_EDSA", lambda data: offload_tag.after_addresses(data, 8)),
}


def as_ethernet(link_type: int, data: bytes) -> tuple[bytes, int]:
    """A packet with an Ethernet header in place of its own, and how many bytes longer it has become.

    `link_type` is one that `can_read`. A packet without Ethernet and IP in it gets an
    Ethernet header of ethertype 0.
    """
    if link_type == LINKTYPE_ETHERNET:
        return data, 0
    inside = _inside(link_type, data, _DEEPEST)
    return inside.ethernet + data[inside.start :], len(inside.ethernet) - inside.start


def can_read(link_type: int) -> bool:
    """Whether packets of this link type can be shown."""
    return link_type in LINK_TYPES or link_type in _NAMING


def named(link_type: int) -> str:
    """Like `189 (USB_LINUX)`; the number alone if it has no name here."""
    known = LINK_TYPES.get(link_type)
    if known is not None:
        return f"{link_type} ({known.name})"
    if link_type in _NAMING:
        return f"{link_type} ({_NAMING[link_type].name})"
    return f"{link_type} ({UNREAD[link_type].name})" if link_type in UNREAD else str(link_type)


def refusal(link_type: int) -> str:
    """A clause that names the link type and its content, for a link type that cannot be read."""
    unread = UNREAD.get(link_type)
    carries = "is not known to kbview" if unread is None else f"carries {unread.carries}"
    return f"link type {named(link_type)} {carries}"


# ---- headers that name the link type of the packet after them ---------------------------------


class _Naming(NamedTuple):
    """A header that names a link type: where it ends, and the number of the link type inside."""

    name: str
    read: Callable[[bytes], tuple[int, int]]


def _pktap(data: bytes) -> tuple[int, int]:
    """Apple: length of the header, kind of record, link type, each four bytes, little-endian."""
    return int.from_bytes(data[:4], "little"), int.from_bytes(data[8:12], "little")


def _ppi(data: bytes) -> tuple[int, int]:
    """Per-Packet Information: version and flags, length 2, link type 4, little-endian."""
    return int.from_bytes(data[2:4], "little"), int.from_bytes(data[4:8], "little")


# Endace ERF, by the type byte without its highest bit: the link type of a record's packet, and the
# bytes of padding before the packet.
_ERF_TYPES = {
    **dict.fromkeys((1, 10, 15, 19), (50, 0)),
    **dict.fromkeys((2, 11, 16, 20), (LINKTYPE_ETHERNET, 2)),
    **dict.fromkeys((22, 23), (LINKTYPE_RAW, 0)),
}
_ERF_HEADER = 16


def _erf(data: bytes) -> tuple[int, int]:
    """Endace: time 8, type 1, flags 1, lengths 6; 8 bytes more as long as bit 7 says so."""
    if len(data) < _ERF_HEADER:
        return _ERF_HEADER, ANYTHING
    start, more = _ERF_HEADER, data[8] & 0x80
    while more and start < len(data):
        more = data[start] & 0x80
        start += 8
    link_type, padding = _ERF_TYPES.get(data[8] & 0x7F, (ANYTHING, 0))
    return start + padding, link_type


_NAMING = {
    149: _Naming("USER2, taken for Apple's PKTAP", _pktap),
    192: _Naming("PPI", _ppi),
    197: _Naming("ERF", _erf),
    258: _Naming("PKTAP", _pktap),
}


def _inside(link_type: int, data: bytes, depth: int) -> Inside:
    """The packet inside its link type's header; `depth` bounds headers inside headers."""
    known = LINK_TYPES.get(link_type)
    if known is not None:
        return known.unwrap(data)
    naming = _NAMING.get(link_type)
    if naming is None or not depth:
        return Inside(0, ethernet_header(b"", 0))
    start, inner = naming.read(data)
    inside = _inside(inner, data[start:], depth - 1)
    return Inside(start + inside.start, inside.ethernet)
