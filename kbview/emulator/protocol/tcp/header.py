"""Segments and the headers that carry them: options of RFC 9293, 3.2 and RFC 7323, 2.2."""

import struct

from kbview.emulator.protocol.tcp.segment import NO_SCALE, Segment, joined
from kbview.packet.altered import altered
from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH, Combined, Frame, Merged, Part
from kbview.packet.tcp import Tcp

_END, _NOP, _MSS, _WSCALE = 0, 1, 2, 3
HEADER = 20  # bytes without options
_ETHERNET_IPV4 = 14 + 20 + FCS_LENGTH


def read(header: Tcp, length: int, carrier: object = None) -> Segment:
    """The segment of a header and `length` bytes of text; an invalid option ends the options."""
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


_NUMBERS = struct.Struct("!II")  # sequence, acknowledgement
_HEADER = struct.Struct("!4xIIxBH")  # sequence, acknowledgement, flags, window


def segment_of(frame: Frame) -> Segment | None:
    """The segment that a frame brings, whole in a closed loop, by its header in a capture."""
    inner = frame.inner
    if isinstance(inner, Segment):
        return inner
    if isinstance(inner, Tcp):
        return read(inner, frame.payload, frame)
    if isinstance(inner, Merged):
        return _merged(inner, frame)
    if isinstance(inner, Combined):
        return _first_part(inner, frame)
    if isinstance(inner, bytes) and len(inner) >= _NUMBERS.size:
        seq, ack = _NUMBERS.unpack_from(inner)
        return Segment(seq, ack, frame.tcp_flags, length=frame.payload, carrier=frame)
    return None


def _first_part(inner: Combined, frame: Frame) -> Segment | None:
    """The segment in a reassembled datagram; its first fragment has the header."""
    part = inner.frames[0].inner
    if not isinstance(part, Part) or len(part.head) < _HEADER.size:
        return None
    seq, ack, flags, window = _HEADER.unpack_from(part.head)
    return Segment(seq, ack, flags, window, frame.payload, carrier=frame)


def _merged(inner: Merged, frame: Frame) -> Segment | None:
    if isinstance(inner.segment, Segment):
        return inner.segment
    segments = [segment_of(each) for each in inner.frames]
    known = [segment for segment in segments if segment is not None]
    return joined(known, frame) if len(known) == len(segments) else None


def frame_of(segment: Segment) -> Frame:
    """The frame that brought a segment."""
    frame = segment.carrier
    if not isinstance(frame, Frame):
        raise TypeError("a segment lost its frame")
    return frame


def shortened(frame: Frame, payload: int) -> Frame:
    """The same frame, of which only so many bytes of text are new."""
    return altered(frame, payload=payload)


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
    """Length of the TCP header with options, bytes."""
    return HEADER + (4 if segment.mss else 0) + (4 if segment.wscale != NO_SCALE else 0)


def frame_length(segment: Segment) -> int:
    """Bytes of the Ethernet frame with IPv4 and FCS that carries it."""
    return max(ETHERNET_MINIMUM, _ETHERNET_IPV4 + header_length(segment) + segment.length)


def write(segment: Segment, source_port: int, destination_port: int) -> Tcp:
    """The TCP header of a segment."""
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
