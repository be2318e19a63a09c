"""A latency histogram with bounded memory: every value is kept to within one part in 64.

Values below 64 have a bucket each; above, each doubling is cut into 64 equal buckets. A bucket is
reported by its middle. Same idea as HdrHistogram (hdrhistogram.org).
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

_SUB_BITS = 6


def bucket_of(value: int) -> int:
    """The bucket's lowest value; values of one bucket share it."""
    shift = value.bit_length() - _SUB_BITS - 1
    return value if shift <= 0 else value >> shift << shift


def _middle(lowest: int) -> int:
    shift = lowest.bit_length() - _SUB_BITS - 1
    return lowest if shift <= 0 else lowest + (1 << shift >> 1)


class Histogram(msgspec.Struct):
    """Counts of values (picoseconds here) with their exact least and greatest."""

    counts: dict[int, int] = msgspec.field(default_factory=dict)
    total: int = 0
    least: int = 0
    greatest: int = 0

    def add(self, values: Iterable[int]) -> None:
        """Count many values at once; this is the cheap way to add one, too."""
        batch = Counter(values)
        if not batch:
            return
        counts = self.counts
        for value, count in batch.items():
            bucket = bucket_of(value)
            counts[bucket] = counts.get(bucket, 0) + count
        least, greatest = min(batch), max(batch)
        self.least = least if not self.total else min(self.least, least)
        self.greatest = max(self.greatest, greatest)
        self.total += batch.total()

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
