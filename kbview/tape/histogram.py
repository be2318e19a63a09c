"""A latency histogram with bounded memory: every value is kept to within one part in 64.

Values below 128 have a bucket each; above, each doubling is cut into 64 equal buckets. A bucket is
reported by its middle. Same idea as HdrHistogram (hdrhistogram.org).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from functools import partial

import msgspec

_SUB_BITS = 6
_DOUBLINGS = 56  # up to 2**62
# The lowest value of every bucket: a binary search in C is the cheapest way to find a value's.
_LOWEST = [
    *range(1 << _SUB_BITS + 1),
    *(
        (1 << _SUB_BITS | part) << doubling
        for doubling in range(1, _DOUBLINGS)
        for part in range(1 << _SUB_BITS)
    ),
]
_BUCKET = partial(bisect_right, _LOWEST)


def _middle(lowest: int) -> int:
    after = _LOWEST[min(_BUCKET(lowest), len(_LOWEST) - 1)]
    return (lowest + after - 1) // 2 if after > lowest else lowest


class Histogram(msgspec.Struct):
    """Counts of values (picoseconds here) with their exact least and greatest."""

    counts: dict[int, int] = msgspec.field(default_factory=dict)
    total: int = 0
    least: int = 0
    greatest: int = 0

    def add(self, values: Sequence[int]) -> None:
        """Count many values at once; this is the cheap way to add one, too."""
        if not values:
            return
        counts = self.counts
        for place, count in Counter(map(_BUCKET, values)).items():
            bucket = _LOWEST[place - 1]
            counts[bucket] = counts.get(bucket, 0) + count
        least, greatest = min(values), max(values)
        self.least = least if not self.total else min(self.least, least)
        self.greatest = max(self.greatest, greatest)
        self.total += len(values)

    def merge(self, other: "Histogram") -> None:
        """Count what another one has counted, too."""
        if not other.total:
            return
        for bucket, count in other.counts.items():
            self.counts[bucket] = self.counts.get(bucket, 0) + count
        self.least = min(self.least, other.least) if self.total else other.least
        self.greatest = max(self.greatest, other.greatest)
        self.total += other.total

    def percentile(self, share: float) -> int:
        """The value that `share` (0..1) of all values do not exceed; 0 when there are none."""
        rank = share * self.total
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= rank:
                return min(max(_middle(bucket), self.least), self.greatest)
        return self.greatest

    def copy(self) -> "Histogram":
        """An independent copy."""
        return Histogram(dict(self.counts), self.total, self.least, self.greatest)
