"""Packets that Linux refuses for their addresses, options or extension headers, and its reasons.

Reasons are names of enum skb_drop_reason. The kernel's sysctls have their defaults: no source routes
(accept_source_route), no segment routing (seg6_enabled), no route_localnet.
Linux: ip_route_input_slow(), ip_mc_validate_source() and fib_validate_source() for IPv4 addresses;
__ip_options_compile() and ip_rcv_options(); ip6_rcv_core(); ip6_parse_tlv() and ipv6_rthdr_rcv()
"""

from kbview.packet import ipv6
from kbview.packet.ipv4 import IPv4
from kbview.packet.ipv6 import Extension, IPv6

NOT_SPECIFIED = "NOT_SPECIFIED"
IP_INHDR = "IP_INHDR"
IP_INVALID_SOURCE = "IP_INVALID_SOURCE"
IP_INVALID_DEST = "IP_INVALID_DEST"
IP_LOCALNET = "IP_LOCALNET"
IP_LOCAL_SOURCE = "IP_LOCAL_SOURCE"
IP_NOPROTO = "IP_NOPROTO"
UNHANDLED_PROTO = "UNHANDLED_PROTO"
OF_ADDRESSES = (IP_INVALID_SOURCE, IP_INVALID_DEST, IP_LOCALNET, IP_LOCAL_SOURCE)

_IGMP = 2
_ANY, _BROADCAST = bytes(4), b"\xff" * 4
_LOOPBACK = 127
_IPV6_LOOPBACK = bytes(15) + b"\1"
_END, _NOP, _RECORD_ROUTE, _TIMESTAMP, _ROUTER_ALERT = 0, 1, 7, 68, 148
_SOURCE_ROUTES = (131, 137)  # loose, strict
# Of these options: the fewest bytes, and the least pointer that the kernel takes.
_LEAST = {_RECORD_ROUTE: (3, 4), _TIMESTAMP: (4, 5), _ROUTER_ALERT: (4, 0), 131: (3, 4), 137: (3, 4)}
_PAD1, _PADN, _MOST_PADDING = 0, 1, 7
_KNOWN_OPTIONS = {  # router alert, CALIPSO, jumbo payload; home address
    ipv6.IPPROTO_HOPOPTS: (0x05, 0x07, 0xC2),
    ipv6.IPPROTO_DSTOPTS: (0xC9,),
}
_NEVER_ROUTED = (2, 3, 4)  # mobile IPv6, RPL, segment routing


def ipv4_refusal(header: IPv4, loopback: bool) -> str:
    """The reason why Linux drops the packet; "" if it does not. `loopback`: it came from `lo`."""
    reason = "" if loopback else _address_refusal(header)
    return reason or (NOT_SPECIFIED if _options_refused(header.options) else "")


def ipv6_refusal(header: IPv6, loopback: bool) -> str:
    """The reason why Linux drops the packet; "" if it does not. `loopback`: it came from `lo`."""
    if header.source[0] == 0xFF:
        return IP_INHDR
    if not loopback and _IPV6_LOOPBACK in (header.source, header.destination):
        return IP_INHDR
    for place, extension in enumerate(header.extensions):
        if extension.number == ipv6.IPPROTO_FRAGMENT and header.fragment:
            break  # the headers after it are looked at when the datagram is whole
        if reason := _extension_refusal(extension, place):
            return reason
    return ""


def _address_refusal(header: IPv4) -> str:
    source, destination = header.source, header.destination
    if _is_group(source) or source == _BROADCAST:
        return IP_INVALID_SOURCE
    if _is_group(destination):
        return _group_refusal(header)
    if destination == _BROADCAST or source == destination == _ANY:
        return ""
    if not source[0]:
        return IP_INVALID_SOURCE
    if not destination[0]:
        return IP_INVALID_DEST
    if _LOOPBACK in (source[0], destination[0]):
        return IP_LOCALNET
    return IP_LOCAL_SOURCE if source == destination else ""  # the LAND attack of 1997


def _group_refusal(header: IPv4) -> str:
    """The reason against the source of a packet to a group."""
    if header.source[0] == _LOOPBACK:
        return IP_LOCALNET
    near = header.destination[:3] == b"\xe0\0\0" or header.protocol == _IGMP
    return "" if header.source[0] or near else IP_INVALID_SOURCE


def _is_group(address: bytes) -> bool:
    return address[0] >> 4 == 0xE


def _options_refused(options: bytes) -> bool:
    """Whether an option is malformed, or a source route."""
    place = 0
    while place < len(options) and options[place] != _END:
        if options[place] == _NOP:
            place += 1
            continue
        option = options[place:]
        if len(option) < 2 or not 2 <= option[1] <= len(option):
            return True
        if option[0] in _SOURCE_ROUTES or _is_short(option):
            return True
        place += option[1]
    return False


def _is_short(option: bytes) -> bool:
    """Whether an option has too few bytes, or a pointer where no address fits behind it."""
    size, pointer = option[1], option[2] if len(option) > 2 else 0
    least, first = _LEAST.get(option[0], (0, 0))
    if size < least or pointer < first:
        return True
    return option[0] in (_RECORD_ROUTE, _TIMESTAMP) and pointer <= size < pointer + 3


def _extension_refusal(extension: Extension, place: int) -> str:
    if extension.number == ipv6.IPPROTO_HOPOPTS and place:
        return IP_NOPROTO  # no handler has the number 0: RFC 8200, 4.1 has these options first
    if extension.number in _KNOWN_OPTIONS:
        return _options6_refusal(extension.body[1:], _KNOWN_OPTIONS[extension.number])
    if extension.number == ipv6.IPPROTO_ROUTING:
        kind, segments_left = extension.body[1], extension.body[2]
        return NOT_SPECIFIED if segments_left or kind in _NEVER_ROUTED else ""
    return ""


def _options6_refusal(options: bytes, known: tuple[int, ...]) -> str:
    """The reason against options: malformed, too much padding, or unknown and not to be skipped."""
    place = padding = 0
    while place < len(options):
        kind = options[place]
        size = 1 if kind == _PAD1 else 2 + (options[place + 1] if place + 1 < len(options) else 256)
        if place + size > len(options):
            return IP_INHDR
        padding = padding + size if kind in (_PAD1, _PADN) else 0
        if padding > _MOST_PADDING or (kind == _PADN and any(options[place + 2 : place + size])):
            return IP_INHDR
        if kind not in (_PAD1, _PADN, *known) and kind >> 6:
            return UNHANDLED_PROTO  # RFC 8200, 4.2: the two highest bits
        place += size
    return ""
