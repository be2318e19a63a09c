"""The time of a trace: from its first packet on, never going back.

Captures are merged, clocks are set and records are damaged. A packet that is a little early gets its
predecessor's time; a jump of more than a day, either way, is closed, and time goes on from there.
"""

from kbview.packet.record import PS_PER_SECOND

LONGEST_GAP_PS = 86_400 * PS_PER_SECOND
LONGEST_TRACE_PS = 1 << 62  # 53 days: readers of a tape keep times in 63 bits


class Clock:
    """`start_ps` is the trace's zero; times from `last_ps` to `near_ps` need no thought."""

    def __init__(self) -> None:
        self.start_ps = 0
        self.last_ps = 0
        self.near_ps = -1  # none yet: the first packet sets the start
        self.early = 0  # packets that were moved to their predecessor's time
        self.closed = 0  # jumps that were closed

    def arrived_ps(self, time_ps: int) -> int:
        """Time in the trace of a packet captured at `time_ps`; called once a packet, in order."""
        if self.near_ps < 0:
            self.start_ps = time_ps
        arrived_ps = time_ps - self.start_ps
        if abs(arrived_ps - self.last_ps) > LONGEST_GAP_PS or arrived_ps > LONGEST_TRACE_PS:
            self.closed += 1
            self.start_ps, arrived_ps = time_ps - self.last_ps, self.last_ps
        elif arrived_ps < self.last_ps:
            self.early += 1
            arrived_ps = self.last_ps
        self.last_ps = arrived_ps
        self.near_ps = min(arrived_ps + LONGEST_GAP_PS, LONGEST_TRACE_PS)
        return arrived_ps
