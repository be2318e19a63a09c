"""The knee of the latency curve: the load at which power is greatest.

Power is the delivered rate divided by the mean latency. Below the knee more load brings more throughput
for little latency, above it more latency for little throughput. L. Kleinrock, "Power and deterministic
rules of thumb for probabilistic problems in computer communications", ICC 1979; R. Jain, "The Art of
Computer Systems Performance Analysis", 1991, section 3.3.
"""

import msgspec

from kbview.experiment.figure import FIGURES
from kbview.experiment.search import SPAN, Results, Steps, spread
from kbview.experiment.student import estimate

_FIRST, _FINER = 13, 9  # rates of the first round, and of each round between two of them
_DELIVERED, _LATENCY = FIGURES["delivered"], FIGURES["latency-mean"]


class Knee(msgspec.Struct, frozen=True):
    """The load with the greatest power, and the delivered rate and latency there, in frames a second.

    `rate_pps` is None if power still grows at the highest rate, or if nothing was delivered at all;
    the two others then belong to the highest rate.
    """

    rate_pps: int | None
    delivered_pps: float | None
    latency_us: float | None
    trials: int


def knee(top_pps: int, resolution: float) -> Steps[Knee]:
    """Search rounds of rates, each between the neighbours of the best rate of the round before."""
    known: dict[int, Results] = {}
    rates = spread(max(1, top_pps // SPAN), top_pps, _FIRST)
    while True:
        new = [rate for rate in rates if rate not in known]
        known.update(zip(new, (yield new), strict=True))
        ordered = sorted(known)
        best = max(ordered, key=lambda rate: _power(known[rate]))
        at = ordered.index(best)
        if at == len(ordered) - 1:
            return _told(None, known[best], len(known))
        low, high = ordered[max(0, at - 1)], ordered[at + 1]
        if high <= low * (1 + resolution) ** 2 or high - low <= 2:
            return _told(best, known[best], len(known))
        rates = spread(low, high, _FINER)


def _told(rate: int | None, results: Results, trials: int) -> Knee:
    return Knee(rate, _mean(results, _DELIVERED.name), _mean(results, _LATENCY.name), trials)


def _power(results: Results) -> float:
    delivered, latency = _mean(results, _DELIVERED.name), _mean(results, _LATENCY.name)
    return delivered / latency if delivered and latency else 0.0


def _mean(results: Results, name: str) -> float | None:
    """The mean of a figure over the seeds; None if one of them has no value."""
    formula = FIGURES[name].formula
    return estimate([formula(result.meters, result.duration_ps) for result in results]).mean
