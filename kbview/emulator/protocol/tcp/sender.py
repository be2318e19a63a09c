"""The sending side: the send buffer, the flight, the usable window, and retransmission.

      acknowledged |  in flight      | usable          |  must wait            | fin?
    ---------------+-----------------+-----------------+-----------------------+
                snd_una    resend?  snd_nxt   snd_una + min(snd_wnd, cwnd)   snd_end

RFC 9293, 3.8; RFC 1122, 4.2.3.4 (silly windows, Nagle). After a timeout `resend` moves from
snd_una to snd_nxt again, as the congestion window permits.
"""

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp.congestion import NewReno
from kbview.emulator.protocol.tcp.parameters import DEFAULT_SEND_MSS, Parameters
from kbview.emulator.protocol.tcp.rto import Rto
from kbview.emulator.protocol.tcp.sack import Block, Scoreboard
from kbview.emulator.protocol.tcp.segment import Segment
from kbview.emulator.protocol.tcp.sequence import after, before, distance, plus
from kbview.packet.tcp import ACK, FIN, PSH


class SendSide:
    """Variables of RFC 9293, 3.3.1. The connection sends the SYN; text begins at iss + 1."""

    def __init__(self, parameters: Parameters, iss: int) -> None:
        self.iss = iss
        self.snd_una = self.snd_nxt = iss
        self.snd_end = self.resend = plus(iss, 1)
        self.snd_wnd = self.snd_wl1 = self.snd_wl2 = self.max_wnd = 0
        self.snd_wscale = 0
        self.mss = min(parameters.mss, DEFAULT_SEND_MSS)
        self.fin = False  # the user has closed: a FIN follows the text
        self.congestion = NewReno(self.mss, parameters.initial_window, iss)
        self.scoreboard: Scoreboard | None = None  # without the option SACK
        self.rto = Rto(parameters)
        self.expiries = 0  # in a row
        self.retransmit_due_ps = NEVER_PS
        self.persist_due_ps = NEVER_PS
        self._parameters = parameters
        self._written = self._syn_acknowledged = False
        self._content: bytearray | None = None  # from snd_una on; None without bytes
        self._timed: tuple[int, int] | None = None  # end of the timed segment, time of its departure
        self._sent_ps = 0

    # ---- set-up ----------------------------------------------------------------------------

    def open(self, peer_mss: int, *, syn_lost: bool, sack: bool) -> None:
        """The handshake is complete: set MSS and initial window (RFC 6928; RFC 6298, 5.7)."""
        self.mss = min(self._parameters.mss, peer_mss or DEFAULT_SEND_MSS)
        segments = 1 if syn_lost else self._parameters.initial_window
        self.congestion = NewReno(self.mss, segments, self.iss)
        if sack:
            self.scoreboard = Scoreboard(self.mss, self.iss)
        if syn_lost:
            self.rto.start_over(self._parameters.rto_after_syn_lost_ps)

    def write(self, length: int, data: bytes | None) -> None:
        """Append `length` bytes to the send buffer (RFC 9293, 3.10.2)."""
        if data is not None and not self._written:
            self._content = bytearray()
        self._written = True
        if self._content is not None:
            self._content += data if data is not None else bytes(length)
        self.snd_end = plus(self.snd_end, length)

    # ---- levels ----------------------------------------------------------------------------

    @property
    def flight(self) -> int:
        """Sequence numbers in flight, with SYN and FIN."""
        return distance(self.snd_una, self.snd_nxt)

    @property
    def pipe(self) -> int:
        """Bytes that may be on the way: sent, neither sacked nor lost (RFC 6675, 4)."""
        board, sent = self.scoreboard, distance(self.snd_una, self.resend)
        if board is None or not board.ranges:
            return sent
        sent -= board.sacked(self.snd_una, self.resend)
        return sent - board.unrepaired(self.snd_una) if self.congestion.recovering else sent

    @property
    def limit(self) -> int:
        """The sequence number after the text and the FIN."""
        return plus(self.snd_end, self.fin)

    @property
    def queued(self) -> int:
        """Bytes in the send buffer: written and not acknowledged."""
        return max(0, distance(self.snd_una, self.snd_end) - (not self._syn_acknowledged))

    @property
    def fin_acknowledged(self) -> bool:
        """Whether the peer has acknowledged all text and the FIN."""
        return self.fin and self.snd_una == self.limit

    # ---- segments --------------------------------------------------------------------------

    def next(self, now_ps: int) -> Segment | None:
        """The next segment that may be sent at `now_ps`; None if windows or Nagle's rule forbid it.

        In a recovery with SACK lost text comes first, then new text, then text that may be lost:
        NextSeg() of RFC 6675, 4.
        """
        if self.resend == self.limit and not self.congestion.recovering:
            return None
        if not self.flight and now_ps - self._sent_ps > self.rto.rto_ps:
            self.congestion.restart()
        room = self.congestion.window - self.pipe
        board = self.scoreboard
        if board is None or not self.congestion.recovering:
            return self._forward(room, now_ps)
        edge = board.lost_edge(self.snd_una)
        return (
            self._repair(board, edge, room, now_ps)
            or self._forward(room, now_ps)
            or self._repair(board, board.ranges[-1][0] if board.ranges else edge, room, now_ps)
        )

    def _forward(self, room: int, now_ps: int) -> Segment | None:
        """The segment at `resend`, of new text, or again after a timeout."""
        board, start, end = self.scoreboard, self.resend, self.limit
        if board is not None and board.ranges and before(start, self.snd_nxt):
            hole = board.hole(start, end)
            if hole is None:
                return None
            start, end = hole
            self.resend = start
        waiting = distance(start, end)
        usable = min(room, self.snd_wnd - distance(self.snd_una, start))
        if waiting <= 0 or usable <= 0:
            return None
        if start == self.snd_nxt and self._holds_back(waiting, usable):
            return None
        return self._cut(start, min(usable, waiting), now_ps)

    def _repair(self, board: Scoreboard, edge: int, room: int, now_ps: int) -> Segment | None:
        """A segment of the first text before `edge` that was neither sacked nor repaired."""
        start = board.high_rxt if after(board.high_rxt, self.snd_una) else self.snd_una
        hole = board.hole(start, edge)
        if hole is None or room < self.mss:
            return None
        segment = self._cut(hole[0], distance(*hole), now_ps, "fast")
        board.high_rxt = segment.end
        return segment

    def _holds_back(self, waiting: int, usable: int) -> bool:
        """Whether a small segment waits for more text (silly window, Nagle)."""
        if min(waiting, usable) >= self.mss:
            return False
        if waiting <= usable:
            return self._parameters.nagle and not self.fin and self.flight > 0
        return usable < self.max_wnd // 2

    def _cut(self, start: int, most: int, now_ps: int, again: str = "timeout") -> Segment:
        """A segment of at most `most` sequence numbers from `start`, noted as sent."""
        text = distance(start, self.snd_end)
        length = min(text, most, self.mss)
        fin = self.fin and length == text and length < most
        flags = ACK | (FIN if fin else 0) | (PSH if length and length == text else 0)
        segment = Segment(start, 0, flags, 0, length, self._bytes(start, length))
        end = plus(start, length + fin)
        if before(start, self.snd_nxt):
            segment.again = again
            self._timed = None
        elif self._timed is None:
            self._timed = (end, now_ps)
        if after(end, self.snd_nxt):
            self.snd_nxt = end
        if not before(start, self.resend):
            self.resend = end
        self._sent_ps = now_ps
        return segment

    def _bytes(self, start: int, length: int) -> bytes | None:
        if self._content is None:
            return None
        offset = distance(self.snd_una, start)
        return bytes(self._content[offset : offset + length])

    def first_again(self, now_ps: int) -> Segment:
        """The oldest segment in flight again (fast retransmit)."""
        return self._cut(self.snd_una, min(self.mss, self.flight), now_ps, "fast")

    def probe(self, now_ps: int) -> Segment:
        """A window probe: the text that fits, or one octet beyond (RFC 9293, 3.8.6.1)."""
        usable = self.snd_wnd - distance(self.snd_una, self.resend)
        if usable > 0:
            return self._cut(self.resend, usable, now_ps)
        self.rto.back_off()
        self.expiries += 1
        segment = self._cut(self.snd_una, 1, now_ps)
        segment.again = "probe"
        self._timed = None
        self.persist_due_ps = now_ps + self.rto.rto_ps
        return segment

    # ---- acknowledgements ------------------------------------------------------------------

    def time_syn(self, now_ps: int, *, first: bool) -> None:
        """The connection sends a SYN; `first` is timed."""
        self.snd_nxt = plus(self.iss, 1)
        self._timed = (self.snd_nxt, now_ps) if first else None
        self.retransmit_due_ps = now_ps + self.rto.rto_ps

    def acknowledge(self, ack: int, now_ps: int) -> tuple[int, bool]:
        """Move snd_una to `ack`; returns the newly acknowledged bytes and whether the next is lost."""
        queued, flight = self.queued, self.flight
        acked = distance(self.snd_una, ack)
        if self.scoreboard is not None:
            acked -= self.scoreboard.sacked(self.snd_una, ack)
            self.scoreboard.advance(ack)
        syn, self._syn_acknowledged = not self._syn_acknowledged, True
        self.snd_una = ack
        if before(self.resend, ack):
            self.resend = ack
        if self._timed is not None and not after(self._timed[0], ack):
            self.rto.measured(now_ps - self._timed[1])
            self._timed = None
        self.expiries = 0
        self.retransmit_due_ps = now_ps + self.rto.rto_ps if self.flight else NEVER_PS
        text = queued - self.queued
        if self._content is not None:
            del self._content[:text]
        return text, not syn and self._grow(ack, acked, flight)

    def _grow(self, ack: int, acked: int, flight: int) -> bool:
        if self.scoreboard is None:
            return self.congestion.acknowledged(ack, acked, flight)
        self.congestion.selectively(ack, acked, flight)
        return False

    def selectively(self, blocks: tuple[Block, ...]) -> None:
        """The peer reports blocks of text beyond a gap."""
        if self.scoreboard is not None:
            self.scoreboard.add(blocks, self.snd_una, self.snd_nxt)

    def find_loss(self, now_ps: int) -> None:
        """Begin a recovery if, by the scoreboard, the oldest text in flight is lost (RFC 6675, 5)."""
        board = self.scoreboard
        if board is None or board.lost_edge(self.snd_una) == self.snd_una:
            return
        if self.congestion.lost(self.snd_una, self.snd_nxt, self.flight):
            board.high_rxt = self.snd_una
            self.resend = self.snd_nxt
            self.retransmit_due_ps = now_ps + self.rto.rto_ps

    def duplicate(self) -> bool:
        """Count a duplicate ACK; returns whether the first segment counts as lost without SACK."""
        if self.scoreboard is not None:
            return False
        return self.congestion.duplicate(self.snd_una, self.snd_nxt, self.flight)

    def update_window(self, segment: Segment) -> None:
        """Take the peer's window unless the segment is older than the last update."""
        newer = after(segment.seq, self.snd_wl1)
        if not newer and (segment.seq != self.snd_wl1 or before(segment.ack, self.snd_wl2)):
            return
        opened = self.snd_wnd == 0
        self.set_window(segment, segment.window << self.snd_wscale)
        if opened and self.snd_wnd and self.flight:
            self.resend = self.snd_una  # the probe was beyond the window and was refused

    def set_window(self, segment: Segment, snd_wnd: int) -> None:
        """Take `snd_wnd` from `segment` as the newest window."""
        self.snd_wnd = snd_wnd
        self.max_wnd = max(self.max_wnd, snd_wnd)
        self.snd_wl1, self.snd_wl2 = segment.seq, segment.ack

    # ---- timers ----------------------------------------------------------------------------

    def arm(self, now_ps: int) -> None:
        """Retransmission timer while text is in flight, persist timer while the window is closed."""
        flight = self.flight
        if flight and self.snd_wnd:
            self.persist_due_ps = NEVER_PS
            if self.retransmit_due_ps == NEVER_PS:
                self.retransmit_due_ps = now_ps + self.rto.rto_ps
            return
        self.retransmit_due_ps = NEVER_PS
        if not flight and self.resend == self.limit:
            self.persist_due_ps = NEVER_PS
        elif self.persist_due_ps == NEVER_PS:
            self.persist_due_ps = now_ps + self.rto.rto_ps

    def timed_out(self, now_ps: int) -> None:
        """The retransmission timer expired: send again from the oldest segment."""
        self.congestion.timed_out(self.snd_nxt, self.flight, first=not self.expiries)
        self.expiries += 1
        self.rto.back_off()
        self.resend = self.snd_una
        self._timed = None
        self.retransmit_due_ps = now_ps + self.rto.rto_ps
