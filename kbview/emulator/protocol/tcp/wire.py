"""Segments and the headers that carry them: options of RFC 9293, 3.2 and RFC 7323, 2.2."""

from kbview.emulator.protocol.tcp.segment import NO_SCALE, Segment
from kbview.packet.tcp import Tcp

_END, _NOP, _MSS, _WSCALE = 0, 1, 2, 3
HEADER = 20  # bytes without options


def read(header: Tcp, length: int, carrier: object = None) -> Segment:
    """What a header and `length` bytes of text mean; options that make no sense end the list."""
    mss, wscale = _read_options(header.options)
    return Segment(
        header.sequence,
        header.acknowledgement,
        header.flags,
        header.window,
        length,
        None,
        mss,
        wscale,
        carrier,
    )


def _read_options(options: bytes) -> tuple[int, int]:
    mss, wscale = 0, NO_SCALE
    place = 0
    while place < len(options) and options[place] != _END:
        if options[place] == _NOP:
            place += 1
            continue
        size = options[place + 1] if place + 1 < len(options) else 0
        if size < 2 or place + size > len(options):
            break
        if options[place] == _MSS and size == 4:
            mss = int.from_bytes(options[place + 2 : place + 4], "big")
        elif options[place] == _WSCALE and size == 3:
            wscale = min(options[place + 2], 14)
        place += size
    return mss, wscale


def header_length(segment: Segment) -> int:
    """Bytes of its header with options, padded to words."""
    return HEADER + (4 if segment.mss else 0) + (4 if segment.wscale != NO_SCALE else 0)


def write(segment: Segment, source_port: int, destination_port: int) -> Tcp:
    """The header that carries it."""
    options = b""
    if segment.mss:
        options += bytes([_MSS, 4]) + segment.mss.to_bytes(2, "big")
    if segment.wscale != NO_SCALE:
        options += bytes([_NOP, _WSCALE, 3, segment.wscale])
    return Tcp(
        source_port,
        destination_port,
        segment.seq,
        segment.ack,
        segment.flags,
        segment.window,
        0,
        options,
    )
