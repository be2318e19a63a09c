"""Useful polling time: the part of a poll-mode driver's time on its core that was work on frames.

testpmd counts cycles by the clock. A poll that began before the scheduler took the core away finds the
frames that came meanwhile, so all of that time counts as work: up to 64 % where 1 % is right. So a
frame costs as much as in undisturbed intervals: the first decile of the intervals seen. Where a core is
shared in each interval, that is an upper bound. A stretch in which the bound exceeds the time on the
core is left out: its split is unknown.
"""

from collections import deque
from statistics import quantiles

_INTERVALS = 128  # remembered; a second or more
_FEW = 4
_STRETCH_NS = 50_000_000  # the kernel tells time on the core in ticks of 10 ms


class UsefulTime:
    """`total_ns` of work in `polling_ns` on the core: both of the stretches of known split alone."""

    def __init__(self) -> None:
        self.total_ns = self.polling_ns = 0
        self._costs_ns: deque[float] = deque(maxlen=_INTERVALS)  # of a frame, by interval
        self._seen_ns = self._seen_frames = 0
        self._begun_ns, self._work_ns = 0, 0  # of the present stretch

    def add(self, clock_ns: int, frames: int, on_core_ns: int) -> None:
        """Take in the totals of testpmd: time by the clock in bursts with frames, and their frames.

        `on_core_ns` is the kernel's total of the process's time in user mode. The cycles of a burst
        may be told an interval later than its frames.
        """
        more_ns, more = clock_ns - self._seen_ns, frames - self._seen_frames
        self._seen_ns, self._seen_frames = clock_ns, frames
        if more > 0:
            if more_ns > 0:
                self._costs_ns.append(more_ns / more)
            self._work_ns += round(self._cost_ns() * more)
        if on_core_ns - self._begun_ns >= _STRETCH_NS:
            self._end_stretch(on_core_ns)

    def _end_stretch(self, on_core_ns: int) -> None:
        polling_ns, work_ns = on_core_ns - self._begun_ns, self._work_ns
        self._begun_ns, self._work_ns = on_core_ns, 0
        if work_ns < polling_ns:
            self.total_ns += work_ns
            self.polling_ns += polling_ns

    def _cost_ns(self) -> float:
        costs = self._costs_ns
        return min(costs, default=0.0) if len(costs) < _FEW else quantiles(costs, n=10)[0]
