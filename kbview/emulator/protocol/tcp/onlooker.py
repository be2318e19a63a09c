"""The receiver of a recorded sender: it hears all and answers nothing, for nobody would listen.

    in order --> delivered      seen before --> dropped      beyond a gap --> held until it is filled

The receiver passes over a gap in three cases:

- This machine has lost frames itself. No retransmission will come within `patience_ps`, TCP's timeout.
- The recorded host acknowledged the missing text. The capture lacks it; the host had it.
- The capture has no answer of the host, and the traffic has ended. The host may have had it.

Any other gap was a gap for the host too: Linux delivers nothing behind it. Windows are not checked; the
sender kept to the windows of the host that was recorded.

A state follows from the sender's segments alone. The host's own FIN is not heard, so CLOSE-WAIT is the
last state of a connection that the sender closed.
"""

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp.order import OFO_DROP, OutOfOrder
from kbview.emulator.protocol.tcp.outcome import Discard, Outcome
from kbview.emulator.protocol.tcp.receiver import OLD_DATA
from kbview.emulator.protocol.tcp.segment import Segment, part, without_syn
from kbview.emulator.protocol.tcp.sequence import distance, plus
from kbview.emulator.protocol.tcp.state import ConnectionState
from kbview.packet.tcp import ACK, FIN, RST, SYN
from kbview.tape.vocabulary import DropReason

PATIENCE_PS = 1_000_000_000_000  # TCP_TIMEOUT_INIT
TCP_FLAGS = DropReason.TCP_FLAGS
OFO_QUEUE_PRUNE = DropReason.TCP_OFO_QUEUE_PRUNE
SOCKET_CLOSE = DropReason.SOCKET_CLOSE
_FIRST_TEXT = 1 << 16  # bytes that a SYN may bring (RFC 7413)
_ANOTHER = 1 << 26  # bytes: no window is so wide, so this is another connection


class Onlooker:
    """One direction of a connection, from wherever the capture begins."""

    __slots__ = ("due_ps", "known", "order", "patience_ps", "rcv_nxt", "state", "waits")

    def __init__(self, patience_ps: int = PATIENCE_PS) -> None:
        self.patience_ps = patience_ps
        self.state = ConnectionState.LISTEN
        self.known = False  # whether rcv_nxt is
        self.rcv_nxt = 0
        self.order = OutOfOrder()
        self.due_ps = NEVER_PS  # when the gap is looked at again, if there is one
        self.waits = 0  # times that the gap was looked at

    def arrive(self, segment: Segment, now_ps: int) -> Outcome:
        """A segment of the capture."""
        outcome = Outcome()
        if _is_impossible(segment.flags) or self._is_after_reset(segment):
            outcome.reason = TCP_FLAGS
        elif segment.flags & SYN:
            self._begin(segment, outcome)
        elif segment.flags & RST:
            self.order.purge(outcome, DropReason.TCP_RESET)
            self._enter(ConnectionState.CLOSED, outcome)
            outcome.reason = DropReason.TCP_RESET
        else:
            self._established(segment, outcome)
            if segment.span:
                outcome.reason = self._take(segment, outcome)
        self._note_gap(now_ps)
        return outcome

    def expire(self, now_ps: int, *, lost_here: bool, answer: int | None, more: bool) -> Outcome:
        """The gap has lasted until `due_ps`: go on after it, wait twice as long, or give up.

        `lost_here`: this machine has lost frames; `answer`: how far the recorded host acknowledged the
        text, None if the capture has no answer; `more`: the traffic has frames to come.
        """
        if lost_here or self.is_acknowledged(answer) or (answer is None and not more):
            return self.skip(now_ps)
        outcome = Outcome()
        if more:
            self.waits += 1
            self.due_ps = now_ps + (self.patience_ps << self.waits)
        else:
            self.order.purge(outcome, SOCKET_CLOSE)
            self._note_gap(now_ps)
        return outcome

    def prune(self, now_ps: int, *, lost_here: bool, answer: int | None) -> Outcome:
        """There is no room for all that is held: go on after the gap, or drop the last segment.

        Linux: tcp_prune_ofo_queue()
        """
        if lost_here or answer is None or self.is_acknowledged(answer):
            return self.skip(now_ps)
        outcome = Outcome()
        outcome.discarded.append(Discard(self.order.segments.pop(), OFO_QUEUE_PRUNE))
        self._note_gap(now_ps)
        return outcome

    def is_acknowledged(self, answer: int | None) -> bool:
        """Whether the recorded host acknowledged all of the text that is missing here."""
        held = self.order.segments
        return bool(held) and answer is not None and 0 <= distance(held[0].seq, answer) < _ANOTHER

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
        under_way = (
            self.state is not ConnectionState.SYN_RECEIVED and self.state is not ConnectionState.CLOSED
        )
        return seq == self.rcv_nxt and self.known and under_way

    def pass_by(self, length: int) -> None:
        """So many bytes came that were next."""
        self.rcv_nxt = plus(self.rcv_nxt, length)

    # ---- within ----------------------------------------------------------------------------

    def _begin(self, segment: Segment, outcome: Outcome) -> None:
        """A SYN of this connection that was seen before, or of a new connection from the same port."""
        after = plus(segment.seq, 1)
        ahead = distance(after, self.rcv_nxt)
        again = ahead == 0 or (self.state is ConnectionState.SYN_RECEIVED and 0 < ahead <= _FIRST_TEXT)
        if self.known and again:
            return
        self._give_up_all(outcome)
        self.known, self.rcv_nxt = True, after
        if segment.flags & ACK:  # the peer answers a SYN of this host
            self.state = ConnectionState.SYN_SENT
            self._enter(ConnectionState.ESTABLISHED, outcome)
        else:
            self.state = ConnectionState.LISTEN  # of this connection, whatever was before it
            self._enter(ConnectionState.SYN_RECEIVED, outcome)
        if segment.length:  # Fast Open
            outcome.delivered.append(without_syn(segment))
            self.rcv_nxt = plus(after, segment.length)

    def _is_after_reset(self, segment: Segment) -> bool:
        """Whether the segment finds a listener alone, which takes nothing but a SYN."""
        return self.state is ConnectionState.CLOSED and not segment.flags & (SYN | RST)

    def _established(self, segment: Segment, outcome: Outcome) -> None:
        far = self.known and abs(distance(self.rcv_nxt, segment.seq)) > _ANOTHER
        if far:
            self._give_up_all(outcome)
        if far or not self.known:  # its handshake was not heard
            self.known, self.rcv_nxt, self.state = True, segment.seq, ConnectionState.ESTABLISHED
        if self.state is ConnectionState.SYN_RECEIVED and segment.flags & ACK:
            self._enter(ConnectionState.ESTABLISHED, outcome)

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
        """Everything before `rcv_nxt` is dealt with: take the text after it."""
        if not outcome.delivered:
            outcome.delivered.append(self.order.segments.pop(0))
            rcv_nxt = outcome.delivered[0].end
        self.rcv_nxt = self.order.pull(rcv_nxt, outcome) if self.order.segments else rcv_nxt
        if outcome.delivered[-1].flags & FIN:
            self.order.purge(outcome, OFO_DROP)
            self._enter(ConnectionState.CLOSE_WAIT, outcome)

    def _give_up_all(self, outcome: Outcome) -> None:
        """The text that is held belongs to a connection that is over."""
        self.order.purge(outcome, OFO_DROP)

    def _note_gap(self, now_ps: int) -> None:
        if not self.order.segments:
            self.due_ps, self.waits = NEVER_PS, 0
        elif self.due_ps == NEVER_PS:
            self.due_ps = now_ps + self.patience_ps

    def _enter(self, state: ConnectionState, outcome: Outcome) -> None:
        if state is not self.state:
            if self.known:
                outcome.changes.append((self.state, state))
            self.state = state


def _is_impossible(flags: int) -> bool:
    """Whether no state takes a segment with these flags: Linux, tcp_rcv_state_process()."""
    return not flags & (SYN | ACK | RST) or bool(flags & SYN and flags & (FIN | RST))
