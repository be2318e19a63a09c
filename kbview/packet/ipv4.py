"""The IPv4 header (RFC 791), checked in the order of the kernel's ip_rcv_core."""

import struct

import msgspec

from kbview.packet.checksum import checksum
from kbview.packet.malformed import MalformedPacketError

IPPROTO_ICMP = 1
IPPROTO_TCP = 6
IPPROTO_UDP = 17
IP_DF = 0x4000
IP_MF = 0x2000
IP_OFFSET = 0x1FFF

_HEADER = struct.Struct("!BBHHHBBH4s4s")


class IPv4(msgspec.Struct):
    """An IPv4 header. `fragment_offset` counts 8-byte units; `options` is a multiple of 4 bytes."""

    source: bytes
    destination: bytes
    protocol: int
    ttl: int = 64
    tos: int = 0
    identification: int = 0
    dont_fragment: bool = False
    more_fragments: bool = False
    fragment_offset: int = 0
    options: bytes = b""

    @property
    def length(self) -> int:
        """Bytes of the header itself."""
        return _HEADER.size + len(self.options)

    @property
    def fragment(self) -> bool:
        """Whether this is a part of a datagram only."""
        return self.more_fragments or self.fragment_offset > 0


def parse(data: bytes) -> tuple[IPv4, bytes]:
    """Read a header; return it and the rest of the datagram, without the frame's padding."""
    if len(data) < _HEADER.size:
        raise MalformedPacketError("IP_INHDR", "an IPv4 header needs 20 bytes")
    (version, tos, total_length, identification, fragment, ttl, protocol, _, source, destination) = (
        _HEADER.unpack_from(data)
    )
    header_length = (version & 0xF) * 4
    if version >> 4 != 4 or not _HEADER.size <= header_length <= len(data):
        raise MalformedPacketError("IP_INHDR", "not an IPv4 header")
    if len(data) < total_length:
        raise MalformedPacketError("PKT_TOO_SMALL", "the datagram is longer than its frame")
    if total_length < header_length:
        raise MalformedPacketError("IP_INHDR", "the datagram is shorter than its header")
    header = IPv4(
        source,
        destination,
        protocol,
        ttl,
        tos,
        identification,
        bool(fragment & IP_DF),
        bool(fragment & IP_MF),
        fragment & IP_OFFSET,
        data[_HEADER.size : header_length],
    )
    return header, data[header_length:total_length]


def emit(header: IPv4, payload: bytes) -> bytes:
    """Write a datagram with its length and header checksum."""
    flags = IP_DF * header.dont_fragment | IP_MF * header.more_fragments
    without = _HEADER.pack(
        0x40 | header.length // 4,
        header.tos,
        header.length + len(payload),
        header.identification,
        flags | header.fragment_offset,
        header.ttl,
        header.protocol,
        0,
        header.source,
        header.destination,
    )
    total = checksum(without + header.options)
    return without[:10] + total.to_bytes(2, "big") + without[12:] + header.options + payload
