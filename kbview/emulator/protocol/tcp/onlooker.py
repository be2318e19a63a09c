"""The receiver of a recorded sender: it hears all and answers nothing, for nobody would listen.

    in order --> delivered      seen before --> dropped      beyond a gap --> held until it is filled

What a capture or a full ring has lost is never sent again: a gap is given up after `patience_ps`, a
retransmission timeout, and what lies behind it goes on. Windows are not checked; the sender kept to
those of the host that was recorded.
"""

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp.order import OFO_DROP, OutOfOrder
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.receiver import OLD_DATA
from kbview.emulator.protocol.tcp.segment import Segment, part
from kbview.emulator.protocol.tcp.sequence import distance, plus
from kbview.emulator.protocol.tcp.state import State
from kbview.packet.tcp import ACK, FIN, RST, SYN
from kbview.tape.vocabulary import DropReason

PATIENCE_PS = 1_000_000_000_000  # TCP_TIMEOUT_INIT
_ANOTHER = 1 << 26  # bytes: no window is so wide, so this is another connection


class Onlooker:
    """One direction of a connection, from wherever the capture begins."""

    __slots__ = ("due_ps", "known", "order", "patience_ps", "rcv_nxt", "state")

    def __init__(self, patience_ps: int = PATIENCE_PS) -> None:
        self.patience_ps = patience_ps
        self.state = State.LISTEN
        self.known = False  # whether rcv_nxt is
        self.rcv_nxt = 0
        self.order = OutOfOrder()
        self.due_ps = NEVER_PS  # when the gap is given up, if there is one

    def arrive(self, segment: Segment, now_ps: int) -> Outcome:
        """A segment of the capture."""
        outcome = Outcome()
        if segment.flags & SYN:
            self._begin(segment, outcome)
        elif segment.flags & RST:
            self.order.purge(outcome, DropReason.TCP_RESET)
            self._enter(State.CLOSED, outcome)
            outcome.reason = DropReason.TCP_RESET
        else:
            self._established(segment, outcome)
            if segment.span:
                outcome.reason = self._take(segment, outcome)
        self._note_gap(now_ps)
        return outcome

    def skip(self, now_ps: int) -> Outcome:
        """The gap will not be filled: go on after it."""
        outcome = Outcome()
        if self.order.segments:
            self._go_on(self.order.segments[0].seq, outcome)
        self.due_ps = NEVER_PS
        self._note_gap(now_ps)
        return outcome

    def expects(self, seq: int) -> bool:
        """Whether this is the next byte of a connection that is under way."""
        return seq == self.rcv_nxt and self.known and self.state is not State.SYN_RECEIVED

    def pass_by(self, length: int) -> None:
        """So many bytes came that were next."""
        self.rcv_nxt = plus(self.rcv_nxt, length)

    # ---- within ----------------------------------------------------------------------------

    def _begin(self, segment: Segment, outcome: Outcome) -> None:
        """A SYN: of this connection, seen before, or of a new one from the same port."""
        after = plus(segment.seq, 1)
        if self.known and after == self.rcv_nxt:
            return
        self._give_up_all(outcome)
        self.known, self.rcv_nxt = True, after
        if self.state is not State.LISTEN:
            self._enter(State.LISTEN, outcome)
        self._enter(State.SYN_RECEIVED, outcome)

    def _established(self, segment: Segment, outcome: Outcome) -> None:
        far = self.known and abs(distance(self.rcv_nxt, segment.seq)) > _ANOTHER
        if far:
            self._give_up_all(outcome)
        if far or not self.known:
            self.known, self.rcv_nxt = True, segment.seq
        if self.state is State.SYN_RECEIVED and segment.flags & ACK:
            self._enter(State.ESTABLISHED, outcome)

    def _take(self, segment: Segment, outcome: Outcome) -> str:
        offset = distance(self.rcv_nxt, segment.seq)
        if offset > 0:
            return self.order.insert(segment, outcome)
        if offset + segment.span <= 0:
            return OLD_DATA
        outcome.delivered.append(part(segment, -offset, segment.length))
        self._go_on(segment.end, outcome)
        return ""

    def _go_on(self, rcv_nxt: int, outcome: Outcome) -> None:
        """Everything before `rcv_nxt` is dealt with: take what follows."""
        if not outcome.delivered:
            outcome.delivered.append(self.order.segments.pop(0))
            rcv_nxt = outcome.delivered[0].end
        self.rcv_nxt = self.order.pull(rcv_nxt, outcome) if self.order.segments else rcv_nxt
        if outcome.delivered[-1].flags & FIN:
            self.order.purge(outcome, OFO_DROP)
            self._enter(State.CLOSE_WAIT, outcome)

    def _give_up_all(self, outcome: Outcome) -> None:
        """What is held belongs to a connection that is over."""
        self.order.purge(outcome, OFO_DROP)

    def _note_gap(self, now_ps: int) -> None:
        if not self.order.segments:
            self.due_ps = NEVER_PS
        elif self.due_ps == NEVER_PS:
            self.due_ps = now_ps + self.patience_ps

    def _enter(self, state: State, outcome: Outcome) -> None:
        if state is not self.state:
            outcome.changes.append((self.state, state))
            self.state = state
