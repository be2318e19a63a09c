"""The TCP header (RFC 9293): ports, two sequence numbers, flags, a window and options."""

import struct

import msgspec

from kbview.packet.checksum import checksum
from kbview.packet.malformed import MalformedPacketError

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))

_HEADER = struct.Struct("!HHIIBBHHH")
HEADER = _HEADER.size  # bytes without options
NUMBERS = slice(4, 12)  # sequence, acknowledgement


class Tcp(msgspec.Struct):
    """A segment's header; `options` is a multiple of 4 bytes, at most 40."""

    source_port: int
    destination_port: int
    sequence: int = 0
    acknowledgement: int = 0
    flags: int = 0
    window: int = 0
    urgent: int = 0
    options: bytes = b""


def parse(data: bytes) -> tuple[Tcp, bytes]:
    """Read a header; return it and the payload."""
    if len(data) < _HEADER.size:
        raise MalformedPacketError("PKT_TOO_SMALL", "a TCP header needs 20 bytes")
    (source_port, destination_port, sequence, acknowledgement, offset, flags, window, _, urgent) = (
        _HEADER.unpack_from(data)
    )
    length = (offset >> 4) * 4
    if not _HEADER.size <= length <= len(data):
        raise MalformedPacketError("PKT_TOO_SMALL", "the TCP header does not fit its segment")
    header = Tcp(
        source_port,
        destination_port,
        sequence,
        acknowledgement,
        flags,
        window,
        urgent,
        data[_HEADER.size : length],
    )
    return header, data[length:]


def emit(header: Tcp, payload: bytes, pseudo: bytes) -> bytes:
    """Write a segment with its checksum."""
    without = _HEADER.pack(
        header.source_port,
        header.destination_port,
        header.sequence,
        header.acknowledgement,
        (_HEADER.size + len(header.options)) // 4 << 4,
        header.flags,
        header.window,
        0,
        header.urgent,
    )
    total = checksum(pseudo + without + header.options + payload)
    return without[:16] + total.to_bytes(2, "big") + without[18:] + header.options + payload
