"""Confidence of a mean of few runs: Student's t distribution (W. S. Gosset, Biometrika 6, 1908)."""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev

import msgspec

# The 97.5 % quantile of t with 1, 2, 3 ... degrees of freedom.
_QUANTILES = (
    12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
    2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
)  # fmt: skip
MOST_SEEDS = len(_QUANTILES) + 1


class Estimate(msgspec.Struct, frozen=True):
    """The mean of several runs, and half the width of its 95 % confidence interval.

    Both are None if a run has no value; the half-width is None for a single run.
    """

    mean: float | None
    half: float | None
    runs: tuple[float | None, ...]


def quantile(freedom: int) -> float:
    """The 97.5 % quantile of Student's t with 1 to 30 degrees of freedom."""
    return _QUANTILES[freedom - 1]


def estimate(runs: Sequence[float | None]) -> Estimate:
    """The estimate from 1 to 31 runs, which differ in their seed."""
    known = [value for value in runs if value is not None]
    if not known or len(known) < len(runs):
        return Estimate(None, None, tuple(runs))
    mean = fmean(known)
    if len(known) == 1:
        return Estimate(mean, None, tuple(runs))
    half = quantile(len(known) - 1) * stdev(known) / sqrt(len(known))
    return Estimate(mean, half, tuple(runs))
