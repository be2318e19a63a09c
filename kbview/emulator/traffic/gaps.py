"""When frames come: endless distances between the ends of frames on the wire, in picoseconds.

    constant   one every 1/rate
    poisson    a frame's own time on the wire, then an exponential silence
    onoff      bursts at the peak rate, their lengths geometric, the silences between exponential
    train      bursts of one length at equal distances: a sender that gives the NIC many at once (GSO)
    pareto     the same as onoff, both heavy-tailed: self-similar traffic
               (Willinger et al., "Self-similarity through high-variability", 1997)

Every pattern has the mean rate that it was asked for; pareto's wanders about it for long.
"""

import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain, count, pairwise
from math import log
from operator import itemgetter

from kbview.emulator.hardware.cable import S_PS

_STRATA = 1 << 16  # equal shares of an exponential variable; two random bytes select a share
_BLOCK = 4096  # distances made at once
_LONGEST = b"\0\0"  # the share of the longest silences, from log(65,536) means on
_ANEW = -1  # in the table: draw the silence anew


def constant(rate_pps: float) -> Iterator[int]:
    """Equal distances; the fraction of a picosecond is carried along."""
    before = 0
    for number in count(1):
        now = round(number * S_PS / rate_pps)
        yield now - before
        before = now


def poisson(rate_pps: float, seed: int, wire_ps: float) -> Iterator[int]:
    """Independent exponential silences behind frames of one length, `wire_ps` each.

    A silence is the mean of one of 65,536 equally likely shares of the distribution. The share of the
    longest silences is without end, so a silence from there is drawn anew (the distribution has no
    memory). The mean is exact; the variance is 2 in a million below that of the distribution.
    A silence of less than a picosecond is no silence: the frames are evenly spaced then.
    A table with two random bytes for each silence costs 35 ns, the logarithm of a random number 200.
    """
    silence_ps = S_PS / rate_pps - wire_ps
    if silence_ps < 1:
        return constant(rate_pps)
    blocks = _exponential(random.Random(seed), silence_ps, wire_ps)  # noqa: S311 - a model, not a secret
    return chain.from_iterable(blocks)


def _exponential(generator: random.Random, mean_ps: float, least_ps: float) -> Iterator[Sequence[int]]:
    """Distances of `least_ps` and an exponential silence, a block at a time."""
    longest_ps = least_ps + log(_STRATA) * mean_ps
    table = [_ANEW, *(round(least_ps + mean * mean_ps) for mean in _share_means())]
    while True:
        drawn = generator.randbytes(2 * _BLOCK)
        gaps = itemgetter(*array("H", drawn))(table)
        if _LONGEST in drawn and _ANEW in gaps:
            gaps = [
                round(longest_ps + generator.expovariate(1) * mean_ps) if gap == _ANEW else gap
                for gap in gaps
            ]
        yield gaps


@cache
def _share_means() -> Sequence[float]:
    """The mean of -log(u) in each share of the unit interval but the first."""
    integral = [share * log(share) for share in range(1, _STRATA + 1)]
    whole = 1 + log(_STRATA)
    return array("d", (whole + below - above for below, above in pairwise(integral)))


def bursts(
    apart_ps: float, silence_ps: float, lengths: Callable[[], int], silences: Callable[[], float]
) -> Iterator[int]:
    """Bursts of `lengths()` frames `apart_ps` from each other, between silences of `silences()`
    times `silence_ps`. The fraction of a picosecond is carried along."""
    owed_ps = 0.0
    while True:
        owed_ps += silences() * silence_ps
        for _ in range(lengths()):
            owed_ps += apart_ps
            gap_ps = round(owed_ps)
            owed_ps -= gap_ps
            yield gap_ps


def onoff(rate_pps: float, peak_pps: float, burst: float, seed: int) -> Iterator[int]:
    """Bursts of `burst` frames in the mean."""
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    apart_ps = S_PS / peak_pps

    def lengths() -> int:
        if burst <= 1:
            return 1
        return 1 + int(log(1 - generator.random()) / log(1 - 1 / burst))

    silence_ps = max(0.0, burst * (S_PS / rate_pps - apart_ps))
    return bursts(apart_ps, silence_ps, lengths, lambda: generator.expovariate(1))


def train(rate_pps: float, peak_pps: float, burst: float) -> Iterator[int]:
    """Bursts of `burst` frames, to the next whole number, at equal distances."""
    length = max(1, round(burst))
    apart_ps = S_PS / peak_pps
    silence_ps = max(0.0, length * (S_PS / rate_pps - apart_ps))
    return bursts(apart_ps, silence_ps, lambda: length, lambda: 1.0)


def pareto(rate_pps: float, peak_pps: float, burst: float, shape: float, seed: int) -> Iterator[int]:
    """As `onoff` with tails of `shape`, between 1 and 2: the mean is finite, the variance is not."""
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    apart_ps = S_PS / peak_pps
    least = (shape - 1) / shape  # of a Pareto variable whose mean is 1

    def lengths() -> int:
        exact = burst * least * generator.paretovariate(shape)
        return max(1, int(exact + generator.random()))

    silence_ps = max(0.0, burst * (S_PS / rate_pps - apart_ps))
    return bursts(apart_ps, silence_ps, lengths, lambda: least * generator.paretovariate(shape))
