"""The receiving side: the receive window, text out of order, and the time of acknowledgements.

      received     |  acceptable         |  beyond
    ---------------+---------------------+-----------
                rcv_nxt              rcv_adv              rcv_wnd = rcv_adv - rcv_nxt

RFC 9293, 3.4 and 3.8.6; RFC 1122, 4.2.3.2 (delayed ACKs) and 4.2.3.3 (silly windows).
Linux: net/ipv4/tcp_input.c tcp_data_queue(), tcp_output.c __tcp_select_window().
"""

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp.order import OFO_DROP, OutOfOrder
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.parameters import DEFAULT_SEND_MSS, Parameters
from kbview.emulator.protocol.tcp.sack import SackBlocks
from kbview.emulator.protocol.tcp.segment import Segment, part
from kbview.emulator.protocol.tcp.sequence import after, before, distance, plus
from kbview.packet.tcp import FIN
from kbview.tape.vocabulary import DropReason

OLD_SEQUENCE = DropReason.TCP_OLD_SEQUENCE  # ends before the acknowledged text
OLD_DATA = DropReason.TCP_OLD_DATA  # was received already
ZERO_WINDOW = DropReason.TCP_ZEROWINDOW
INVALID_SEQUENCE = DropReason.TCP_INVALID_SEQUENCE  # beyond the window
_FIELD_MOST = 0xFFFF


class ReceiveSide:
    """Variables of RFC 9293, 3.3.1. `room` is the free space of the receive buffer, bytes.

    Delivered text reduces `room`, and `read` increases it. An owner that charges buffers in another way
    sets `room` itself. The right edge `rcv_adv` never moves back.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.irs = 0
        self.rcv_nxt = 0
        self.rcv_adv = 0
        self.rcv_wup = 0  # rcv_nxt as of the last segment to the peer
        self.rcv_wscale = 0
        self.rcv_mss = DEFAULT_SEND_MSS  # the longest segment seen
        self.room = parameters.rcvbuf
        self.order = OutOfOrder()
        self.sacks = SackBlocks()
        self.finished = False  # the peer's FIN was taken
        self.refusing = ""  # the reason to refuse all text at present: no memory; else ""
        self.ack_now = False
        self.ack_due_ps = NEVER_PS
        self._half = parameters.rcvbuf // 2
        self._quick = parameters.quick_acks
        self._delay_ps = parameters.delayed_ack_ps
        self._waits = parameters.acks_when_read
        self._answers = parameters.pingpong
        self._pingpong = False  # this side answers soon: its ACKs go with the answers
        self._taken_ps = -NEVER_PS  # when text last came in order

    def start(self, irs: int) -> None:
        """The peer's SYN was taken."""
        self.irs = irs
        self.rcv_nxt = self.rcv_wup = plus(irs, 1)
        self.rcv_adv = plus(self.rcv_nxt, min(self.room, _FIELD_MOST))

    @property
    def rcv_wnd(self) -> int:
        """The receive window, bytes."""
        return distance(self.rcv_nxt, self.rcv_adv)

    # ---- segments --------------------------------------------------------------------------

    def refuses(self, segment: Segment) -> str:
        """First check: the reason to refuse it outside the window, else ""."""
        offset = distance(self.rcv_nxt, segment.seq)
        span = segment.span
        if offset < 0 and offset + span <= 0:
            return OLD_SEQUENCE if before(segment.end, self.rcv_wup) else OLD_DATA
        if offset < self.rcv_wnd or (offset == 0 and not segment.length):
            return ""  # a bare FIN needs no room and fits an empty window
        return ZERO_WINDOW if offset <= 0 else INVALID_SEQUENCE

    def take(self, segment: Segment, outcome: Outcome, now_ps: int) -> str:
        """Seventh check: deliver text in order, keep text out of order; returns a drop reason or ""."""
        offset = distance(self.rcv_nxt, segment.seq)
        if self.refusing and segment.length:
            self.ack_now = True
            return self.refusing
        wanted = part(segment, max(0, -offset), min(segment.length, self.rcv_wnd - offset))
        if offset > 0:
            self.ack_now = True  # a duplicate ACK tells the peer of the gap
            reason = self.order.insert(wanted, outcome)
            if not reason:
                self.sacks.add(wanted.seq, wanted.end)
            return reason
        outcome.delivered.append(wanted)
        filling = bool(self.order.segments)
        self.rcv_nxt = self.order.pull(wanted.end, outcome) if filling else wanted.end
        if filling:
            self.sacks.advance(self.rcv_nxt)
        self._delivered(outcome)
        self.rcv_mss = max(self.rcv_mss, segment.unit or segment.length)
        self._schedule_ack(filling, now_ps)
        return ""

    def _delivered(self, outcome: Outcome) -> None:
        self.room -= sum(segment.length for segment in outcome.delivered)
        self.finished = bool(outcome.delivered[-1].flags & FIN)
        if self.finished:
            self.order.purge(outcome, OFO_DROP)

    # ---- acknowledgements ------------------------------------------------------------------

    def _schedule_ack(self, filling: bool, now_ps: int) -> None:
        """At once for a filled gap, a FIN, or more than one full segment; else after the delay.

        A connection begins with `quick_acks` ACKs at once, until this side answers (pingpong mode).
        More than one full segment waits for the reader if its ACK would take back a part of the window.
        Linux: __tcp_ack_snd_check(), tcp_in_quickack_mode().
        """
        self._taken_ps = now_ps
        if self._quick and not self._pingpong:
            self._quick -= 1
            self.ack_now = True
        elif filling or self.finished or (self._is_due() and not self._closes()):
            self.ack_now = True
        elif self.ack_due_ps == NEVER_PS:
            self.ack_due_ps = now_ps + self._delay_ps

    def _is_due(self) -> bool:
        return distance(self.rcv_wup, self.rcv_nxt) > self.rcv_mss

    def _closes(self) -> bool:
        """Whether an ACK now would advertise less than the last ACK did."""
        return self._waits and distance(self.rcv_nxt, self._edge()) < distance(
            self.rcv_wup, self.rcv_adv
        )

    def answered(self, now_ps: int) -> None:
        """This side sends text: soon after it took some, so later ACKs may go with the next answers."""
        if self._answers and now_ps - self._taken_ps < self._delay_ps:
            self._pingpong = True

    def delay_is_over(self) -> None:
        """No answer has carried the ACK: it is sent alone."""
        self.ack_now = True
        self._pingpong = False

    def _edge(self) -> int:
        """The right edge that a segment would advertise now."""
        room = min(self.room, _FIELD_MOST << self.rcv_wscale)
        if room < min(self._half, self.rcv_mss):
            room = 0
        edge = plus(self.rcv_nxt, room >> self.rcv_wscale << self.rcv_wscale)
        return edge if after(edge, self.rcv_adv) else self.rcv_adv

    def advertise(self) -> int:
        """The window field of a segment that leaves now and acknowledges all received text."""
        unit = 1 << self.rcv_wscale
        field = (distance(self.rcv_nxt, self._edge()) + unit - 1) >> self.rcv_wscale
        self.rcv_adv = plus(self.rcv_nxt, field << self.rcv_wscale)
        self.rcv_wup = self.rcv_nxt
        self.ack_now = False
        self.ack_due_ps = NEVER_PS
        return field

    def read(self, length: int) -> None:
        """The reader took `length` bytes; an ACK that waited for that is due, or a wider window."""
        self.room += length
        self.reconsider()

    def reconsider(self) -> None:
        """`room` has changed: an ACK is due for more than a segment, or if the window has doubled.

        Linux: tcp_cleanup_rbuf().
        """
        if self._waits and self.ack_due_ps < NEVER_PS and self._is_due():
            self.ack_now = True
            return
        wnd = distance(self.rcv_nxt, self._edge())
        if wnd >= 2 * self.rcv_wnd and wnd - self.rcv_wnd >= min(self._half, self.rcv_mss):
            self.ack_now = True
