"""The out-of-order queue: text beyond a gap.

rcv_nxt      |--- held ---|     |--- held ---|           right edge of the window
   v  (gap)                (gap)                                     v

Linux: net/ipv4/tcp_input.c tcp_data_queue_ofo(), tcp_ofo_queue()
"""

from kbview.emulator.protocol.tcp.outcome import Discard, Outcome
from kbview.emulator.protocol.tcp.segment import Segment, part
from kbview.emulator.protocol.tcp.sequence import after, before, distance
from kbview.packet.tcp import FIN
from kbview.tape.vocabulary import DropReason

OFOMERGE = DropReason.TCP_OFOMERGE
OFO_DROP = DropReason.TCP_OFO_DROP


class OutOfOrder:
    """Segments by sequence number. They may overlap; none lies wholly within another."""

    __slots__ = ("segments",)

    def __init__(self) -> None:
        self.segments: list[Segment] = []

    def insert(self, segment: Segment, outcome: Outcome) -> str:
        """Store the segment unless a stored one covers it; discard stored segments that it covers."""
        held = self.segments
        place = len(held)
        while place and not before(held[place - 1].seq, segment.seq):
            place -= 1
        end = segment.end
        if place and not after(end, held[place - 1].end):
            return OFOMERGE
        if place < len(held) and held[place].seq == segment.seq and not after(end, held[place].end):
            return OFOMERGE
        stop = place
        while stop < len(held) and not after(held[stop].end, end):
            outcome.discarded.append(Discard(held[stop], OFOMERGE))
            stop += 1
        held[place:stop] = [segment]
        outcome.held = True
        return ""

    def pull(self, rcv_nxt: int, outcome: Outcome) -> int:
        """Deliver the stored text that follows without a gap; returns the new rcv_nxt."""
        held = self.segments
        taken = 0
        for segment in held:
            if after(segment.seq, rcv_nxt) or outcome.delivered[-1].flags & FIN:
                break
            taken += 1
            if not after(segment.end, rcv_nxt):
                outcome.discarded.append(Discard(segment, OFO_DROP))
                continue
            new = part(segment, distance(segment.seq, rcv_nxt), segment.length)
            outcome.delivered.append(new)
            rcv_nxt = new.end
        del held[:taken]
        return rcv_nxt

    def purge(self, outcome: Outcome, reason: str) -> None:
        """The connection is over."""
        outcome.discarded += [Discard(segment, reason) for segment in self.segments]
        self.segments.clear()
