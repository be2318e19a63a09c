"""ICMP and ICMPv6 (RFC 792, RFC 4443): type, code, checksum, and four bytes of their own."""

import struct

import msgspec

from kbview.packet.checksum import checksum
from kbview.packet.malformed import MalformedPacketError

ICMP_ECHOREPLY = 0
ICMP_ECHO = 8
NR_ICMP_TYPES = 18  # the highest type that Linux knows
ICMPV6_ECHO_REQUEST = 128
ICMPV6_ECHO_REPLY = 129

_HEADER = struct.Struct("!BBH4s")


class Icmp(msgspec.Struct):
    """One message's header; `rest` is the identifier and sequence number of an echo."""

    type: int
    code: int = 0
    rest: bytes = bytes(4)


def parse(data: bytes) -> tuple[Icmp, bytes]:
    """Read a header; return it and what follows."""
    if len(data) < _HEADER.size:
        raise MalformedPacketError("PKT_TOO_SMALL", "an ICMP header needs 8 bytes")
    kind, code, _, rest = _HEADER.unpack_from(data)
    return Icmp(kind, code, rest), data[_HEADER.size :]


def emit(header: Icmp, payload: bytes, pseudo: bytes = b"") -> bytes:
    """Write a message with its checksum; only ICMPv6 sums a pseudo header."""
    total = checksum(pseudo + _HEADER.pack(header.type, header.code, 0, header.rest) + payload)
    return _HEADER.pack(header.type, header.code, total, header.rest) + payload
