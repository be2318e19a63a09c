"""The time of a trace: from its first packet on, never going back.

Captures are merged, clocks are set and records are damaged:

- A packet that is a little early came out of order; it gets its predecessor's time.
- A packet that is early by more, or the last of many that are early, shows that the clock was set back.
  It gets its predecessor's time, and the packets after it keep their distances from it.
- A jump of more than a day, either way, is closed: the same, whichever way the clock jumped.

A single wild stamp is a silence and then a step back, so the other packets keep their distances.
"""

from kbview.packet.record import PS_PER_SECOND

LONGEST_GAP_PS = 86_400 * PS_PER_SECOND
LONGEST_TRACE_PS = 1 << 62  # 53 days: readers of a tape keep times in 63 bits
# ntpd slews an offset up to this and sets the clock for a larger one (STEPT, RFC 5905 section 10).
LARGEST_DISORDER_PS = 128 * PS_PER_SECOND // 1000
MOST_OUT_OF_ORDER = 64  # packets in a row; any receive ring has room for as many at one time


class CaptureClock:
    """`start_ps` is the stamp of the trace's zero, `last_ps` the time of the latest packet."""

    def __init__(self) -> None:
        self.start_ps = 0
        self.last_ps = 0
        self.early = 0  # packets out of order, moved to their predecessor's time
        self.set_back = 0  # steps back of the clock, and how far in all
        self.set_back_ps = 0
        self.closed = 0  # jumps of more than a day, and how far in all
        self.closed_ps = 0
        self._running = False
        self._in_a_row = 0  # packets out of order since `_latest_ps` was reached
        self._latest_ps = 0

    def arrived_ps(self, time_ps: int) -> int:
        """Time in the trace of a packet captured at `time_ps`; called once a packet, in order."""
        if not self._running:
            self._running = True
            self.start_ps = time_ps
        arrived_ps = time_ps - self.start_ps
        jump_ps = abs(arrived_ps - self.last_ps)
        if jump_ps > LONGEST_GAP_PS or arrived_ps > LONGEST_TRACE_PS:
            self.closed += 1
            self.closed_ps += jump_ps
            self.start_ps, arrived_ps = time_ps - self.last_ps, self.last_ps
        elif arrived_ps < self.last_ps:
            self._go_back(time_ps, jump_ps)
            arrived_ps = self.last_ps
        self.last_ps = arrived_ps
        return arrived_ps

    def _go_back(self, time_ps: int, behind_ps: int) -> None:
        """A packet `behind_ps` before its predecessor is out of order, or the clock was set back."""
        if self._latest_ps != self.last_ps:
            self._latest_ps, self._in_a_row = self.last_ps, 0
        self._in_a_row += 1
        if behind_ps > LARGEST_DISORDER_PS or self._in_a_row > MOST_OUT_OF_ORDER:
            self.set_back += 1
            self.set_back_ps += behind_ps
            self.start_ps = time_ps - self.last_ps
        else:
            self.early += 1
