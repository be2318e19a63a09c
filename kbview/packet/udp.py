"""UDP (RFC 768): two ports, a length and a checksum that IPv4 may leave out."""

import struct

import msgspec

from kbview.packet.checksum import checksum
from kbview.packet.malformed import MalformedPacketError

_HEADER = struct.Struct("!HHHH")


class Udp(msgspec.Struct):
    """A datagram's ports; its length is its payload's."""

    source_port: int
    destination_port: int


def parse(data: bytes) -> tuple[Udp, bytes]:
    """Read a header; return it and the payload."""
    if len(data) < _HEADER.size:
        raise MalformedPacketError("PKT_TOO_SMALL", "a UDP header needs 8 bytes")
    source_port, destination_port, length, _ = _HEADER.unpack_from(data)
    if not _HEADER.size <= length <= len(data):
        raise MalformedPacketError("PKT_TOO_SMALL", "the UDP length does not fit its packet")
    return Udp(source_port, destination_port), data[_HEADER.size : length]


def emit(header: Udp, payload: bytes, pseudo: bytes) -> bytes:
    """Write a datagram; a sum of 0 is sent as 0xFFFF, for 0 means "no checksum"."""
    length = _HEADER.size + len(payload)
    ports = (header.source_port, header.destination_port, length)
    total = checksum(pseudo + _HEADER.pack(*ports, 0) + payload) or 0xFFFF
    return _HEADER.pack(*ports, total) + payload
