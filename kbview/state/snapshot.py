"""Snapshots: the meters as they were counted at intervals, so that no count has to begin far back.

A busy machine can go for hundreds of thousands of records without a sample that is exact. Only the
meters are kept; everything else in a state depends on the last records and on samples. They are taken
where chunks of the tape begin, so that the oldest chunk that the tape still holds has one.
"""

from bisect import bisect_right, insort

from kbview.state.counted import Counted


class Snapshots:
    """By position. Forgets what the tape forgets, so it is bounded as the tape is."""

    def __init__(self) -> None:
        self._positions: list[int] = []
        self._kept: dict[int, Counted] = {}

    def keep(self, position: int, counted: Counted, start: int) -> None:
        """Keep a copy; let go of those before `start`."""
        if position not in self._kept:
            insort(self._positions, position)
            self._kept[position] = counted.copy()
        while self._positions[0] < start:
            del self._kept[self._positions.pop(0)]

    def before(self, position: int) -> tuple[int, Counted | None]:
        """Where the last one at or before a position was taken, and a copy; (-1, None) if none."""
        at = bisect_right(self._positions, position) - 1
        return (self._positions[at], self._kept[self._positions[at]].copy()) if at >= 0 else (-1, None)
