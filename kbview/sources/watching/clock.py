"""The clock of a live source: picoseconds since it began to watch, on CLOCK_MONOTONIC."""

import time


class WatchClock:
    """Trace time never goes back, whatever is done to the time of day."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        """It is 0 now: nothing was watched before."""
        self._start_ns = time.monotonic_ns()

    def now_ps(self) -> int:
        """Trace time."""
        return (time.monotonic_ns() - self._start_ns) * 1000

    def of_monotonic_ns(self, stamp_ns: int) -> int:
        """The trace time of a CLOCK_MONOTONIC stamp, such as tracefs writes with its clock `mono`."""
        return (stamp_ns - self._start_ns) * 1000

    def realtime_offset_ns(self) -> int:
        """What turns a CLOCK_REALTIME stamp into nanoseconds of trace time, as the two stand now.

        Ask again now and then: the time of day may be set.
        """
        before_ns = time.monotonic_ns()
        real_ns = time.time_ns()
        return (before_ns + time.monotonic_ns()) // 2 - self._start_ns - real_ns
