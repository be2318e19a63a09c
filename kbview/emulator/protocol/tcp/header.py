"""Segments and the headers that carry them: options of RFC 9293, 3.2, RFC 7323, 2.2 and RFC 2018."""

import struct
from collections.abc import Iterator

from kbview.emulator.protocol.tcp.sack import option_length
from kbview.emulator.protocol.tcp.segment import NO_SCALE, Segment, joined
from kbview.packet.altered import altered
from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH, Combined, Frame, Merged, Part
from kbview.packet.tcp import Tcp

_END, _NOP, _MSS, _WSCALE, _SACK_OK, _SACK = 0, 1, 2, 3, 4, 5
HEADER = 20  # bytes without options
_ETHERNET_IPV4 = 14 + 20 + FCS_LENGTH


def read(header: Tcp, length: int, carrier: object = None) -> Segment:
    """The segment of a header and `length` bytes of text; an invalid option ends the options."""
    segment = Segment(
        header.sequence,
        header.acknowledgement,
        header.flags,
        header.window,
        length,
        carrier=carrier,
    )
    for kind, value in _options(header.options):
        _read_option(segment, kind, value)
    return segment


_NUMBERS = struct.Struct("!II")  # sequence, acknowledgement
_HEADER = struct.Struct("!4xIIxBH")  # sequence, acknowledgement, flags, window
_EDGES = struct.Struct("!II")  # of a block of SACK


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


def _options(options: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and value of each option; an option with an invalid length ends them."""
    place = 0
    while place < len(options) and options[place] != _END:
        if options[place] == _NOP:
            place += 1
            continue
        size = options[place + 1] if place + 1 < len(options) else 0
        if size < 2 or place + size > len(options):
            return
        yield options[place], options[place + 2 : place + size]
        place += size


def _read_option(segment: Segment, kind: int, value: bytes) -> None:
    if kind == _MSS and len(value) == 2:
        segment.mss = int.from_bytes(value, "big")
    elif kind == _WSCALE and len(value) == 1:
        segment.wscale = min(value[0], 14)
    elif kind == _SACK_OK and not value:
        segment.sack_ok = True
    elif kind == _SACK and value and not len(value) % _EDGES.size:
        segment.blocks = tuple(_EDGES.iter_unpack(value))


def header_length(segment: Segment) -> int:
    """Length of the TCP header with options, bytes."""
    length = HEADER + option_length(segment.blocks)
    if segment.mss:
        length += 4
    if segment.wscale != NO_SCALE:
        length += 4
    return length + 4 if segment.sack_ok else length


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
    if segment.sack_ok:
        options += bytes([_NOP, _NOP, _SACK_OK, 2])
    if segment.blocks:
        options += bytes([_NOP, _NOP, _SACK, option_length(segment.blocks) - 2])
        options += b"".join(_EDGES.pack(*block) for block in segment.blocks)
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
