"""The holes of a datagram that is being put together (RFC 815): where bytes are missing.

    |XXXXXX|  hole  |XXX|        hole without an end, until the last fragment has come ...

What fits into one hole is new. What touches none is a duplicate. Anything else overlaps, and a
datagram with an overlap is an attack, not a datagram (RFC 5722).
"""

from enum import Enum

_ENDLESS = 1 << 32


class Fit(Enum):
    """What a fragment is to those that came before it."""

    NEW = "new"
    DUPLICATE = "duplicate"
    OVERLAP = "overlap"


class Holes:
    """Holes as [start, end), in order. `length` is that of the datagram, as far as it is known."""

    __slots__ = ("_holes", "length")

    def __init__(self) -> None:
        self._holes = [(0, _ENDLESS)]
        self.length = 0

    def fit(self, start: int, end: int) -> Fit:
        """What bytes `start` up to `end` would be."""
        touched = [hole for hole in self._holes if hole[0] < end and start < hole[1]]
        if not touched:
            return Fit.DUPLICATE
        first, stop = touched[0]
        return Fit.NEW if len(touched) == 1 and first <= start and end <= stop else Fit.OVERLAP

    def fill(self, start: int, end: int) -> None:
        """Bytes that are new have come."""
        place = next(i for i, hole in enumerate(self._holes) if hole[0] <= start < hole[1])
        first, stop = self._holes[place]
        rest = ((first, start), (end, stop))
        self._holes[place : place + 1] = [hole for hole in rest if hole[0] < hole[1]]
        self.length = max(self.length, end)

    def finish(self, end: int) -> None:
        """Nothing comes after `end`."""
        self._holes = [(first, min(stop, end)) for first, stop in self._holes if first < end]
        self.length = end

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return not self._holes
