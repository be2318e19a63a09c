"""TIME-WAIT: the small rest of a connection after both sides have closed.

A late segment is answered with an ACK. A SYN beyond the old sequence numbers opens a new connection.
Linux: struct inet_timewait_sock, net/ipv4/tcp_minisocks.c
"""

from kbview.emulator.protocol.tcp.block import Tcb
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.segment import Segment
from kbview.emulator.protocol.tcp.sequence import before
from kbview.packet.tcp import ACK, FIN, RST, SYN
from kbview.tape.vocabulary import DropReason


class TimeWait:
    """Two numbers and a deadline."""

    __slots__ = ("due_ps", "rcv_nxt", "rcv_wnd", "snd_nxt", "wait_ps")

    def __init__(self, tcb: Tcb) -> None:
        self.snd_nxt = tcb.sender.snd_nxt
        self.rcv_nxt = tcb.receiver.rcv_nxt
        self.rcv_wnd = max(0, tcb.receiver.rcv_wnd) >> tcb.receiver.rcv_wscale
        self.due_ps = tcb.wait_due_ps
        self.wait_ps = tcb.parameters.time_wait_ps

    def reusable(self, segment: Segment) -> bool:
        """Whether a SYN may open the connection anew (RFC 9293, 3.6.1)."""
        fresh = segment.flags & (SYN | ACK | RST) == SYN
        return fresh and not before(segment.seq, self.rcv_nxt)

    def arrive(self, segment: Segment, now_ps: int) -> Outcome:
        """Any other segment: a reset ends the wait, a repeated FIN prolongs it, text is dropped."""
        outcome = Outcome()
        if segment.flags & RST:
            outcome.reason = DropReason.TCP_RESET
            if segment.seq == self.rcv_nxt:
                self.due_ps = now_ps
            return outcome
        if segment.flags & FIN:
            self.due_ps = now_ps + self.wait_ps
        if segment.span:
            outcome.reason = DropReason.TIMEWAIT if segment.length else ""
            outcome.segments.append(Segment(self.snd_nxt, self.rcv_nxt, ACK, self.rcv_wnd))
        return outcome
