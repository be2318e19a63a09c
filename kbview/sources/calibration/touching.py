"""The first touch: a core reads memory that another core has just written, such as a ring."""

import mmap
import os
import random
import time
from itertools import pairwise

from kbview.emulator.cost import Calibration
from kbview.sources.calibration.method import Findings, MeasuredCost, Method
from kbview.sources.calibration.partner import TOUCHED, partner
from kbview.sources.calibration.spread import of
from kbview.sources.calibration.switching import pinned

_CHUNK = 512  # bytes between two touches: farther than a line, so that none comes along with another
_CHUNKS = TOUCHED // _CHUNK
_ROUNDS = 400


class FirstTouch(Method):
    """A chain through memory that another core wrote: each word says where the next one is, so no two
    reads can overlap. Walked once, and once again when it is in this core's cache."""

    name = "first touch"
    steps = ("first_touch", "frame_touch")

    def measure(self, base: Calibration, found: Findings) -> Findings:
        del base, found
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            raise OSError("there is only one core")
        shared = os.memfd_create("kbview")
        os.ftruncate(shared, TOUCHED)
        with (
            os.fdopen(shared, "r+b"),
            mmap.mmap(shared, TOUCHED) as memory,
            memoryview(memory) as view,
            view.cast("I") as words,
            pinned(cpus[0]),
        ):
            _lay_chain(words)
            with partner(cpus[-1], "touch", shared) as (asking, answering):
                rounds = [_round(words, asking, answering) for _ in range(_ROUNDS)]
        how = f"a chain of {_CHUNKS} words that another core wrote, walked once, less walked again"
        return dict.fromkeys(self.steps, MeasuredCost(how, of(rounds)))


def _lay_chain(words: memoryview) -> None:
    """Through all chunks, in an order that no prefetcher guesses but always the same one."""
    order = list(range(0, len(words), _CHUNK // 4))
    random.Random(1).shuffle(order)  # noqa: S311
    for here, there in pairwise([*order, order[0]]):
        words[here] = there


def _round(words: memoryview, asking: int, answering: int) -> float:
    """Cold less warm, of a touch, ns."""
    os.write(asking, b"x")
    os.read(answering, 1)
    took = [_walk(words) for _ in range(2)]
    return (took[0] - took[1]) / _CHUNKS


def _walk(words: memoryview) -> int:
    at = 0
    start_ns = time.perf_counter_ns()
    for _ in range(_CHUNKS):
        at = words[at]
    return time.perf_counter_ns() - start_ns
