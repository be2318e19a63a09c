"""The holes of an incomplete datagram: ranges of missing bytes (RFC 815).

    |XXXXXX|  hole  |XXX|        hole without an end, until the last fragment has come ...

A fragment within a hole is new. A fragment that touches no hole is a duplicate. Every other fragment
overlaps, and its datagram is dropped as an attack (RFC 5722).
"""

from enum import Enum

_ENDLESS = 1 << 32


class Fit(Enum):
    """The relation of a fragment to the earlier fragments."""

    NEW = "new"
    DUPLICATE = "duplicate"
    OVERLAP = "overlap"


class Holes:
    """Holes as [start, end), in order. `length` is the known length of the datagram."""

    __slots__ = ("_holes", "length")

    def __init__(self) -> None:
        self._holes = [(0, _ENDLESS)]
        self.length = 0

    def fit(self, start: int, end: int) -> Fit:
        """The relation of the bytes from `start` up to `end`."""
        touched = [hole for hole in self._holes if hole[0] < end and start < hole[1]]
        if not touched:
            return Fit.DUPLICATE
        first, stop = touched[0]
        return Fit.NEW if len(touched) == 1 and first <= start and end <= stop else Fit.OVERLAP

    def fill(self, start: int, end: int) -> None:
        """New bytes have arrived."""
        place = next(i for i, hole in enumerate(self._holes) if hole[0] <= start < hole[1])
        first, stop = self._holes[place]
        rest = ((first, start), (end, stop))
        self._holes[place : place + 1] = [hole for hole in rest if hole[0] < hole[1]]
        self.length = max(self.length, end)

    def finish(self, end: int) -> None:
        """The datagram ends at `end`."""
        self._holes = [(first, min(stop, end)) for first, stop in self._holes if first < end]
        self.length = end

    @property
    def whole(self) -> bool:
        """Whether the datagram is complete."""
        return not self._holes
