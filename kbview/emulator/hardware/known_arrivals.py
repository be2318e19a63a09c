"""The arrivals that a receive queue knows ahead, in order."""

from bisect import bisect_right
from itertools import accumulate

from kbview.emulator.engine import NEVER_PS
from kbview.packet.frame import Frame

_FEW = 4  # arrivals that are found sooner one by one than by a binary search


class KnownArrivals:
    """Frames with their times. `_next` is the index of the first frame that was not looked at yet."""

    def __init__(self) -> None:
        self._frames: list[Frame] = []
        self._times: list[int] = [NEVER_PS]  # with a sentinel
        self._bytes: list[int] = [0]  # running sum, _bytes[i] is before frame i
        self._next = 0

    def extend(self, frames: list[Frame]) -> None:
        """More arrivals become known, later than all before."""
        coming = self._frames[self._next :] + frames
        self._frames = coming
        self._next = 0
        self._times = [frame.arrived_ps for frame in coming]
        self._times.append(NEVER_PS)
        self._bytes = [0, *accumulate([frame.length for frame in coming])]

    def known(self) -> tuple[list[int], int]:
        """The times of the known arrivals, NEVER_PS behind them, and the index of the next."""
        return self._times, self._next

    def _arrived_by(self, now_ps: int) -> int:
        """The index behind the last frame that has arrived by now, where the next frame has."""
        times, stop = self._times, self._next + 1
        for _ in range(_FEW):
            if times[stop] > now_ps:
                return stop
            stop += 1
        return bisect_right(times, now_ps, stop)
