"""The index of a tape: each chunk's first position, its times, and what it is good for.

Columns of plain integers: a tape of a hundred million records needs less than a megabyte.
"""

from array import array
from bisect import bisect_right
from typing import NamedTuple


class Extent(NamedTuple):
    """Where a chunk lies on the tape: at least one record, from position `first` on.

    `exact`: whether one may begin at it. `sampled`: whether it has samples.
    """

    first: int
    records: int
    start_ps: int
    end_ps: int
    exact: bool = False
    sampled: bool = False


class Index:
    """Extents in their order, numbered from 0; the oldest may be dropped, the numbers stay."""

    def __init__(self) -> None:
        self.dropped = 0  # chunks
        self._firsts = array("q")
        self._starts = array("q")
        self._ends = array("q")
        self._exact = bytearray()
        self._sampled = bytearray()
        self.length = 0  # the position after the last record
        self.end_ps = 0

    @property
    def count(self) -> int:
        """The number of the next chunk."""
        return self.dropped + len(self._firsts)

    @property
    def start(self) -> int:
        """The first position that is still known."""
        return self._firsts[0] if self._firsts else self.length

    def append(self, extent: Extent) -> None:
        """Add the next chunk."""
        self._firsts.append(extent.first)
        self._starts.append(extent.start_ps)
        self._ends.append(extent.end_ps)
        self._exact.append(extent.exact)
        self._sampled.append(extent.sampled)
        self.length = extent.first + extent.records
        self.end_ps = extent.end_ps

    def drop(self, before: int) -> None:
        """Forget the chunks with a number below `before`."""
        count = max(before - self.dropped, 0)
        for column in (self._firsts, self._starts, self._ends, self._exact, self._sampled):
            del column[:count]
        self.dropped += count

    def extent(self, number: int) -> Extent:
        """What was appended as chunk `number`."""
        row = number - self.dropped
        first = self._firsts[row]
        after = self._firsts[row + 1] if row + 1 < len(self._firsts) else self.length
        flags = bool(self._exact[row]), bool(self._sampled[row])
        return Extent(first, after - first, self._starts[row], self._ends[row], *flags)

    def holding(self, position: int) -> int:
        """The number of the chunk with a position; that of the next chunk past the end."""
        if position >= self.length:
            return self.count
        return self.dropped + max(bisect_right(self._firsts, position) - 1, 0)

    def started_by(self, time_ps: int) -> int:
        """The number of the last chunk that begins at or before a time; below all if none does."""
        return self.dropped + bisect_right(self._starts, time_ps) - 1

    def ended_before(self, time_ps: int) -> int:
        """The number of the first chunk that does not end before a time."""
        return self.dropped + bisect_right(self._ends, time_ps - 1)

    def exact_by(self, number: int) -> int:
        """The last chunk up to `number` that one may begin at; the oldest there is if none."""
        row = self._exact.rfind(1, 0, number - self.dropped + 1)
        return self.dropped + max(row, 0)

    def sampled_by(self, number: int) -> int:
        """The last chunk up to `number` that has samples; below all if none."""
        return self.dropped + self._sampled.rfind(1, 0, number - self.dropped + 1)

    def sampled_from(self, number: int) -> int:
        """The first chunk from `number` on that has samples; `count` if none."""
        row = self._sampled.find(1, number - self.dropped)
        return self.dropped + row if row >= 0 else self.count
