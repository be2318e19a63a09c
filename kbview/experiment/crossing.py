"""The load at which two datapaths have the same value of a figure."""

from collections.abc import Callable
from itertools import pairwise
from math import sqrt

import msgspec

from kbview.experiment.figure import Figure
from kbview.experiment.search import SPAN, Results, Steps, spread
from kbview.experiment.student import estimate

_FIRST = 13  # rates of the first round
Pair = tuple[float | None, float | None]


class Crossing(msgspec.Struct, frozen=True):
    """The lowest crossing: the rate from which on the order is reversed, and the two values there.

    `rate_pps` is None if the figures do not cross. The values are then the values at the highest rate.
    `first_lower` is true if the first datapath has the lower value below the crossing, and None where
    the values are unknown or equal throughout. `crossings` counts the reversals in the first round.
    """

    rate_pps: int | None
    values: Pair
    first_lower: bool | None
    crossings: int
    trials: int


def crossing(top_pps: int, resolution: float, figure: Figure) -> Steps[Crossing]:
    """Find the first reversal among a round of rates, then halve the interval in which it lies.

    A rate has the results of the first datapath, one for each seed, then the results of the second.
    """
    pair_of = _pair(figure)
    rates = spread(max(1, top_pps // SPAN), top_pps, _FIRST)
    pairs = {rate: pair_of(results) for rate, results in zip(rates, (yield rates), strict=True)}
    orders = [(rate, order) for rate, pair in pairs.items() if (order := _lower(pair)) is not None]
    reversals = [(a, b) for (a, was), (b, now) in pairwise(orders) if was != now]
    trials = len(rates)
    if not reversals:
        order = orders[-1][1] if orders else None
        return Crossing(None, pairs[rates[-1]], order, 0, trials)
    low, high = reversals[0]
    first = _lower(pairs[low])
    while high - low > max(1, resolution * low):
        middle = round(sqrt(low * high))
        (results,) = yield [middle]
        trials += 1
        pairs[middle] = pair_of(results)
        if _lower(pairs[middle]) == first:
            low = middle
        else:
            high = middle
    return Crossing(high, pairs[high], first, len(reversals), trials)


def _pair(figure: Figure) -> Callable[[Results], Pair]:
    """A function that takes the mean of each datapath's half of the results."""

    def pair(results: Results) -> Pair:
        values = [figure.formula(result.meters, result.duration_ps) for result in results]
        half = len(values) // 2
        return estimate(values[:half]).mean, estimate(values[half:]).mean

    return pair


def _lower(pair: Pair) -> bool | None:
    """Whether the first value is the lower; None if they are equal or one is unknown."""
    first, second = pair
    if first is None or second is None or first == second:
        return None
    return first < second
