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

# The fields' places in a header, as the short cuts read them.
TOTAL_LENGTH = slice(2, 4)
PROTOCOL = 9
CHECKSUM = slice(10, 12)
ADDRESSES = slice(12, 20)
UNPADDED = 46  # bytes; a frame with a longer datagram has no padding (IEEE 802.3)

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
    """Read a header; return it and the rest of the datagram, without the frame's padding.

    A TCP segment that a NIC has still to cut up (TSO, BIG TCP) says 0 for its length and is as long as
    its frame: Linux, iph_totlen().
    """
    if len(data) < _HEADER.size:
        raise MalformedPacketError("IP_INHDR", "an IPv4 header needs 20 bytes")
    (version, tos, total_length, identification, fragment, ttl, protocol, _, source, destination) = (
        _HEADER.unpack_from(data)
    )
    header_length = (version & 0xF) * 4
    if not total_length and unsegmented(data):
        total_length = len(data)
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


def unsegmented(datagram: bytes) -> bool:
    """Whether this is a TCP segment that says 0 for its length, for a NIC will cut it up."""
    tcp = len(datagram) > UNPADDED and datagram[PROTOCOL] == IPPROTO_TCP
    return tcp and datagram[TOTAL_LENGTH] == b"\0\0"


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
