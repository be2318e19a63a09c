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
from collections.abc import Callable, Iterator
from itertools import chain, count, islice
from math import log

from kbview.emulator.hardware.cable import S_PS

_QUANTILES = 16_384


def constant(rate_pps: float) -> Iterator[int]:
    """Equal distances; the fraction of a picosecond is carried along."""
    before = 0
    for number in count(1):
        now = round(number * S_PS / rate_pps)
        yield now - before
        before = now


def poisson(rate_pps: float, seed: int, wire_ps: int) -> Iterator[int]:
    """Exponential silences behind frames of one length.

    They come from a table of their quantiles, shuffled by `seed`, that is read over and over from
    random places; its mean is the rate's.
    """
    generator = random.Random(seed)  # noqa: S311 - a model, not a secret
    silence_ps = max(0.0, S_PS / rate_pps - wire_ps)
    table = [wire_ps + round(-log((i + 0.5) / _QUANTILES) * silence_ps) for i in range(_QUANTILES)]
    generator.shuffle(table)
    return _over_and_over(table, generator)


def _over_and_over(table: list[int], generator: random.Random) -> Iterator[int]:
    while True:
        start = generator.randrange(len(table))
        yield from chain(islice(table, start, None), islice(table, start))


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
