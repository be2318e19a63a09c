"""Throughput as RFC 2544, section 26.1, defines it: the highest rate at which no frame is lost.

Each trial offers a number of frames at one rate and waits until the last of them has found its end.
A trial with a loss makes its rate an upper bound, a trial without a loss makes it a lower bound. A
binary search brings the bounds together. It takes for granted that each rate above a lossy rate is
lossy as well.
"""

import msgspec

from kbview.experiment.figure import lost
from kbview.experiment.point import Mark
from kbview.experiment.search import SPAN, Results, Steps

USUAL_FRAMES = 100_000  # of a trial; buffers can hide an overload of their size in so many frames
BEGIN, END = Mark(0), Mark(lossless=True)
_STEP_DOWN = 4


class Throughput(msgspec.Struct, frozen=True):
    """`rate_pps` lost nothing; None if each tried rate lost frames. `lossy_pps` is the lowest that did.

    `lossy_pps` is None if even the highest rate lost nothing.
    """

    rate_pps: int | None
    lossy_pps: int | None
    trials: int


def throughput(top_pps: int, resolution: float) -> Steps[Throughput]:
    """Search from the highest rate down, until the bounds are within `resolution` of each other."""
    (first,) = yield [top_pps]
    trials = 1
    if _passed(first):
        return Throughput(top_pps, None, trials)
    low, high = None, top_pps
    while low is None:
        rate = high // _STEP_DOWN
        if rate < max(1, top_pps // SPAN):
            return Throughput(None, high, trials)
        (results,) = yield [rate]
        trials += 1
        if _passed(results):
            low = rate
        else:
            high = rate
    while high - low > max(1, resolution * low):
        middle = (low + high) // 2
        (results,) = yield [middle]
        trials += 1
        if _passed(results):
            low = middle
        else:
            high = middle
    return Throughput(low, high, trials)


def _passed(results: Results) -> bool:
    """Whether no frame was lost, with any seed."""
    return not any(lost(result.meters) for result in results)
