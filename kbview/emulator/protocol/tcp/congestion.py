"""Congestion control: slow start, congestion avoidance, fast retransmit and fast recovery.

cwnd
 |        /| timeout            fast retransmit: half, not one
 |     __/ |          ___/|__/
 |  __/    |       __/
 | /       |/\\____/                RFC 5681 (Reno), RFC 6582 (NewReno), RFC 3042 (limited transmit),
                                    RFC 6675 (SACK), RFC 3465 (bytes are counted, not ACKs)
"""

from kbview.emulator.protocol.tcp.sequence import after, before, plus

DUPLICATES = 3
_LIMITED = 2  # duplicates that let a new segment go each
INFINITE = 1 << 62


class NewReno:
    """The congestion window, in bytes. `recover` is the last byte sent when a loss was found."""

    __slots__ = ("_acked", "cwnd", "dupacks", "initial", "mss", "recover", "recovering", "ssthresh")

    def __init__(self, mss: int, segments: int, iss: int) -> None:
        self.mss = mss
        self.initial = self.cwnd = segments * mss
        self.ssthresh = INFINITE
        self.dupacks = 0
        self.recovering = False
        # One less than RFC 6582 has it, or the very first segment could not be retransmitted fast.
        self.recover = plus(iss, -1)
        self._acked = 0  # toward the next segment of congestion avoidance

    @property
    def window(self) -> int:
        """How much may be in flight."""
        if self.dupacks and not self.recovering:
            return self.cwnd + min(self.dupacks, _LIMITED) * self.mss
        return self.cwnd

    def acknowledged(self, ack: int, acked: int, flight: int) -> bool:
        """New data was acknowledged, `flight` was out before; whether the next segment is lost too.

        Without SACK. `acked` counts the bytes.
        """
        self.dupacks = 0
        if not self.recovering:
            self._grow(acked, flight)
            return False
        if after(ack, self.recover):
            self.recovering = False
            self.cwnd = min(self.ssthresh, max(flight - acked, self.mss) + self.mss)
            return False
        deflated = self.cwnd - acked + (self.mss if acked >= self.mss else 0)
        self.cwnd = max(deflated, self.mss)
        return True

    def selectively(self, ack: int, acked: int, flight: int) -> None:
        """As `acknowledged` with SACK; `acked` leaves out the bytes that were sacked before."""
        if not self.recovering:
            self._grow(acked, flight)
        elif after(ack, self.recover):
            self.recovering = False

    def lost(self, snd_una: int, snd_nxt: int, flight: int) -> bool:
        """With SACK the oldest text in flight counts as lost; whether a recovery begins now."""
        if self.recovering or not after(snd_una, self.recover):
            return False
        self.recovering = True
        self.recover = plus(snd_nxt, -1)
        self.cwnd = self.ssthresh = max(min(flight, self.cwnd) // 2, 2 * self.mss)
        return True

    def _grow(self, acked: int, flight: int) -> None:
        """Slow start adds the acknowledged bytes, also of an ACK for many segments; RFC 3465, Linux."""
        if flight + self.mss <= self.cwnd:
            return  # the window was not what held the sender back (RFC 7661)
        slow = min(acked, max(0, self.ssthresh - self.cwnd))
        self.cwnd += slow
        acked -= slow
        self._acked += acked
        if self._acked >= self.cwnd:
            self._acked -= self.cwnd
            self.cwnd += self.mss

    def duplicate(self, snd_una: int, snd_nxt: int, flight: int) -> bool:
        """A duplicate ACK; whether it is the one that says the first segment is lost."""
        self.dupacks += 1
        if self.recovering:
            self.cwnd += self.mss
            return False
        if self.dupacks != DUPLICATES or before(snd_una, plus(self.recover, 2)):
            return False
        self.recovering = True
        self.recover = plus(snd_nxt, -1)
        self.ssthresh = max(flight // 2, 2 * self.mss)
        self.cwnd = self.ssthresh + DUPLICATES * self.mss
        return True

    def timed_out(self, snd_nxt: int, flight: int, *, first: bool) -> None:
        """The retransmission timer expired, for the `first` time for this segment or again."""
        if first:
            self.ssthresh = max(flight // 2, 2 * self.mss)
        self.cwnd = self.mss
        self.recover = plus(snd_nxt, -1)
        self.recovering = False
        self.dupacks = 0

    def restart(self) -> None:
        """Nothing was sent for longer than a timeout (RFC 5681, 4.1)."""
        self.cwnd = min(self.cwnd, self.initial)
