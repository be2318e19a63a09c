"""A segment as the state machine sees it: numbers, flags, and the length of its text."""

from collections.abc import Sequence

import msgspec

from kbview.emulator.protocol.tcp.sequence import plus
from kbview.packet.altered import altered
from kbview.packet.tcp import ACK, FIN, RST, SYN

NO_SCALE = -1  # the window scale option was not there


class Segment(msgspec.Struct, gc=False, eq=False):
    """One segment. `window` is the field on the wire, not scaled; `length` counts its text, bytes.

    `data` is the text where somebody keeps it, else None. `mss` and `wscale` are options, 0 and
    NO_SCALE where they are not. `carrier` is whatever brought it here, such as a frame. `again` says
    that it was sent before, and why it is sent now: "timeout" or "fast"; "probe" asks for a window.
    `unit` is the length of the segments that it was merged from, 0 where it was not. `sack_ok` is the
    option SACK-permitted of a SYN. `blocks` is the option SACK: pairs of the first sequence number
    and the number after the last.
    """

    seq: int
    ack: int = 0
    flags: int = 0
    window: int = 0
    length: int = 0
    data: bytes | None = None
    mss: int = 0
    wscale: int = NO_SCALE
    carrier: object = None
    again: str = ""
    unit: int = 0
    sack_ok: bool = False
    blocks: tuple[tuple[int, int], ...] = ()

    @property
    def span(self) -> int:
        """SEG.LEN: the number of its sequence numbers; SYN and FIN count one each."""
        return self.length + (self.flags >> 1 & 1) + (self.flags & 1)

    @property
    def end(self) -> int:
        """The sequence number after the segment."""
        return plus(self.seq, self.length + (self.flags >> 1 & 1) + (self.flags & 1))


def part(segment: Segment, start: int, stop: int) -> Segment:
    """Its text from `start` up to `stop`. A FIN stays if the text is kept to its end."""
    return altered(
        segment,
        seq=plus(segment.seq, start),
        length=stop - start,
        data=None if segment.data is None else segment.data[start:stop],
        flags=segment.flags if stop == segment.length else segment.flags & ~FIN,
    )


def joined(segments: Sequence[Segment], carrier: object) -> Segment:
    """Segments that follow each other, as one: GRO keeps the first header, and the last PSH and FIN."""
    first, last = segments[0], segments[-1]
    texts = [segment.data for segment in segments if segment.data is not None]
    return altered(
        first,
        flags=first.flags | last.flags,
        length=sum(segment.length for segment in segments),
        data=b"".join(texts) if len(texts) == len(segments) else None,
        carrier=carrier,
        unit=first.length,
    )


def without_syn(segment: Segment) -> Segment:
    """The segment without its SYN."""
    return altered(segment, seq=plus(segment.seq, 1), flags=segment.flags & ~SYN)


def reset_for(segment: Segment) -> Segment | None:
    """The reset that answers a segment without connection (3.10.7.1); None for a reset."""
    if segment.flags & RST:
        return None
    if segment.flags & ACK:
        return Segment(segment.ack, 0, RST)
    return Segment(0, segment.end, RST | ACK)
