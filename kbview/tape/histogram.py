"""A latency histogram with bounded memory: every value is kept to within one part in 64.

bucket.py says which values share a bucket. A bucket is reported by its middle. Same idea as
HdrHistogram (hdrhistogram.org).
"""

from collections.abc import Sequence

import msgspec

from kbview.tape.bucket import lowest, tally, width


def _middle(lowest: int) -> int:
    return lowest + (width(lowest) - 1) // 2


class Histogram(msgspec.Struct, gc=False):
    """Counts of values (picoseconds here) with their exact least and greatest."""

    counts: dict[int, int] = msgspec.field(default_factory=dict)
    total: int = 0
    least: int = 0
    greatest: int = 0

    def add(self, values: Sequence[int]) -> None:
        """Count many values at once."""
        if not values:
            return
        counts = self.counts
        least, greatest = min(values), max(values)
        for bucket, count in tally([*values], greatest).items():
            counts[bucket] = counts.get(bucket, 0) + count
        self.least = least if not self.total else min(self.least, least)
        self.greatest = max(self.greatest, greatest)
        self.total += len(values)

    def count(self, value: int) -> None:
        """Count a value, in a quarter of the time of `add`."""
        bucket = lowest(value)
        self.counts[bucket] = self.counts.get(bucket, 0) + 1
        if value < self.least or not self.total:
            self.least = value
        self.greatest = max(self.greatest, value)
        self.total += 1

    def merge(self, other: "Histogram") -> None:
        """Add the counts of another histogram."""
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
