"""Timing something many times: the middle of what was seen, and how far apart it lay.

Batches are short, so that most of them run undisturbed; who is interrupted lands in the upper tail,
which the median does not look at.
"""

import time
from collections.abc import Callable, Sequence
from statistics import quantiles

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """Nanoseconds: the median, and the quartiles around it."""

    median: float
    low: float
    high: float
    samples: int

    def less(self, other: "Spread") -> "Spread":
        """The difference of two medians; what each is uncertain by adds up."""
        return Spread(
            self.median - other.median,
            self.low - other.high,
            self.high - other.low,
            min(self.samples, other.samples),
        )

    def times(self, factor: float) -> "Spread":
        """A share or a multiple of it."""
        return Spread(self.median * factor, self.low * factor, self.high * factor, self.samples)


def of(values: Sequence[float]) -> Spread:
    """The spread of single values, of which there must be two or more."""
    low, median, high = quantiles(values, n=4)
    return Spread(median, low, high, len(values))


def exactly(value: float) -> Spread:
    """Something that was not measured here, or is taken as certain."""
    return Spread(value, value, value, 1 << 30)


def timed(work: Callable[[int], object], count: int, rounds: int) -> Spread:
    """`work(count)` for so many rounds, divided by what it did."""
    values: list[float] = []
    clock = time.perf_counter_ns
    for _ in range(rounds):
        start = clock()
        work(count)
        values.append((clock() - start) / count)
    return of(values)
