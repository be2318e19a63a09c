"""The IPv6 header and its chain of extension headers (RFC 8200, RFC 4302).

| IPv6 40 | hop-by-hop | routing | fragment 8 | authentication | options | payload ... |
"""

import struct

import msgspec

from kbview.packet.malformed import MalformedPacketError

IPPROTO_HOPOPTS = 0
IPPROTO_ROUTING = 43
IPPROTO_FRAGMENT = 44
IPPROTO_AH = 51
IPPROTO_ICMPV6 = 58
IPPROTO_NONE = 59
IPPROTO_DSTOPTS = 60
EXTENSIONS = (IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT, IPPROTO_AH, IPPROTO_DSTOPTS)
IP6_MAX_EXT_HDRS_CNT = 8  # the kernel's; a longer chain is an attack

_HEADER = struct.Struct("!IHBB16s16s")
_IPPROTO_TCP = 6
_UNPADDED = 46  # bytes; a frame with a longer packet has no padding (IEEE 802.3)
_JUMBO, _JUMBO_LENGTH = 0xC2, 4  # RFC 2675: type and length of the option
_LONGEST = 0xFFFF  # bytes that the field itself can say


class Extension(msgspec.Struct):
    """One extension header: its number, and its bytes after the next-header byte."""

    number: int
    body: bytes


class IPv6(msgspec.Struct):
    """An IPv6 header with its extensions; `protocol` is what follows the last of them."""

    source: bytes
    destination: bytes
    protocol: int
    hop_limit: int = 64
    traffic_class: int = 0
    flow_label: int = 0
    extensions: tuple[Extension, ...] = ()

    @property
    def length(self) -> int:
        """Bytes of the header and its extensions."""
        return _HEADER.size + sum(1 + len(extension.body) for extension in self.extensions)

    @property
    def fragment(self) -> bool:
        """Whether this is a part of a datagram only; an atomic fragment (RFC 6946) is whole."""
        return any(
            extension.number == IPPROTO_FRAGMENT and int.from_bytes(extension.body[1:3], "big") & 0xFFF9
            for extension in self.extensions
        )


def parse(data: bytes) -> tuple[IPv6, bytes]:
    """Read a header and its extensions; return it and the rest, without the frame's padding.

    A chain is followed up to the fragment header of a part that is not the first: what comes
    after it is the middle of a datagram.
    """
    if len(data) < _HEADER.size:
        raise MalformedPacketError("IP_INHDR", "an IPv6 header needs 40 bytes")
    first, payload_length, number, hop_limit, source, destination = _HEADER.unpack_from(data)
    if first >> 28 != 6:
        raise MalformedPacketError("IP_INHDR", "not an IPv6 header")
    if not payload_length:
        payload_length = _real_length(number, data)
    if len(data) - _HEADER.size < payload_length:
        raise MalformedPacketError("PKT_TOO_SMALL", "the packet is longer than its frame")
    rest = data[_HEADER.size : _HEADER.size + payload_length]
    header = IPv6(source, destination, number, hop_limit, first >> 20 & 0xFF, first & 0xFFFFF)
    return header, _parse_extensions(header, rest)


def unsegmented(packet: bytes) -> bool:
    """Whether this is a packet with TCP that says 0 for its length, for a NIC will cut it up."""
    return len(packet) > _UNPADDED and packet[4:6] == b"\0\0" and packet[6] in (0, _IPPROTO_TCP)


def _real_length(number: int, data: bytes) -> int:
    """Bytes after the header of a packet that says 0: Linux, ipv6_payload_len(), ipv6_hop_jumbo()."""
    if number == _IPPROTO_TCP and len(data) > _UNPADDED:
        return len(data) - _HEADER.size
    if number == IPPROTO_HOPOPTS and len(data) >= _HEADER.size + 8:
        return _jumbo_length(data[_HEADER.size :])
    return 0


def _jumbo_length(options: bytes) -> int:
    """The length in a jumbo payload option, 0 if there is none."""
    place, end = 2, min((options[1] + 1) * 8, len(options))
    while place + 2 <= end:
        kind, size = options[place], options[place + 1]
        if kind == _JUMBO:
            return _checked_jumbo(options, place, size)
        place += 1 if kind == 0 else 2 + size
    return 0


def _checked_jumbo(options: bytes, place: int, size: int) -> int:
    length = int.from_bytes(options[place + 2 : place + 6], "big")
    if size != _JUMBO_LENGTH or place & 3 != 2 or length <= _LONGEST:
        raise MalformedPacketError("IP_INHDR", "a jumbo payload option that is none")
    return length


def _parse_extensions(header: IPv6, rest: bytes) -> bytes:
    while header.protocol in EXTENSIONS:
        length = _extension_length(header.protocol, rest)
        if len(rest) < max(length, 8) or len(header.extensions) == IP6_MAX_EXT_HDRS_CNT:
            raise MalformedPacketError("IPV6_BAD_EXTHDR", "the extension headers go past their packet")
        header.extensions += (Extension(header.protocol, rest[1:length]),)
        number, header.protocol = header.protocol, rest[0]
        later = number == IPPROTO_FRAGMENT and int.from_bytes(rest[2:4], "big") & 0xFFF8
        rest = rest[length:]
        if later:
            break
    return rest


def _extension_length(number: int, rest: bytes) -> int:
    units = rest[1] if len(rest) > 1 else 0
    if number == IPPROTO_FRAGMENT:
        return 8
    return (units + 2) * 4 if number == IPPROTO_AH else (units + 1) * 8


def emit(header: IPv6, payload: bytes) -> bytes:
    """Write a packet with its length and the numbers of its chain."""
    chain = [*(extension.number for extension in header.extensions), header.protocol]
    extensions = b"".join(
        following.to_bytes(1, "big") + extension.body
        for extension, following in zip(header.extensions, chain[1:], strict=True)
    )
    first = 6 << 28 | header.traffic_class << 20 | header.flow_label
    length = len(extensions) + len(payload)
    fixed = _HEADER.pack(first, length, chain[0], header.hop_limit, header.source, header.destination)
    return fixed + extensions + payload
