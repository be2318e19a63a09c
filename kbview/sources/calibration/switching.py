"""Switches and wake-ups: a byte through a pipe to a task that sleeps, here or on another core."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator

from kbview.emulator.cost import Calibration
from kbview.sources.calibration.method import Findings, MeasuredCost, Method, cost_ns
from kbview.sources.calibration.partner import STAMP, partner, pipe
from kbview.sources.calibration.spread import Spread, exactly, of, timed

_COUNT, _ROUNDS = 50, 300
_WAKES = 1500
_ASLEEP_S = 0.0002  # enough for the partner to go to sleep, and its core to become idle


class ContextSwitch(Method):
    """Two tasks on one core take turns: each turn is a write, a read and a switch."""

    name = "context switch"
    steps = ("context_switch",)

    def measure(self, base: Calibration, found: Findings) -> Findings:
        del base, found
        cpu = min(os.sched_getaffinity(0))
        with pinned(cpu), partner(cpu, "echo") as (asking, answering):
            turns = timed(_exchanges(asking, answering), _COUNT, _ROUNDS).times(0.5)
        with pinned(cpu), pipe() as (read, write):
            alone = timed(_exchanges(write, read), _COUNT, _ROUNDS)
        how = "two processes on one core take turns over a pipe; less the write and read themselves"
        return {"context_switch": MeasuredCost(how, turns.less(alone))}


class WakeUp(Method):
    """A write that wakes a task on an idle core: its cost, and the time until the task runs."""

    name = "wake-up"
    steps = ("try_to_wake_up", "idle_exit")

    def measure(self, base: Calibration, found: Findings) -> Findings:
        cpus = sorted(os.sched_getaffinity(0))
        if len(cpus) < 2:
            raise OSError("there is only one core")
        with pinned(cpus[0]):
            with partner(cpus[-1], "stamp") as (asking, answering):
                writes, wakes = _wake(asking, answering)
            with pipe() as (read, write):
                alone = of([_drained(write, read) for _ in range(_WAKES)])
        waker = writes.less(alone)
        rest = exactly(max(waker.median, 0) + cost_ns("idle_switch", base, found))
        return {
            "try_to_wake_up": MeasuredCost(
                "a write to a pipe whose reader sleeps on another core, less one that nobody waits for",
                waker,
            ),
            "idle_exit": MeasuredCost(
                "from that write to the reader on its idle core, less wake-up and the switch from idle",
                wakes.less(rest),
                derived=True,
            ),
        }


def _exchanges(asking: int, answering: int) -> Callable[[int], None]:
    def work(count: int) -> None:
        for _ in range(count):
            os.write(asking, b"x")
            os.read(answering, 1)

    return work


def _wake(asking: int, answering: int) -> tuple[Spread, Spread]:
    """The duration of the write, and the time from its beginning until the reader ran."""
    writes: list[float] = []
    wakes: list[float] = []
    for _ in range(_WAKES):
        time.sleep(_ASLEEP_S)
        start_ns = time.monotonic_ns()
        os.write(asking, b"x")
        writes.append(time.monotonic_ns() - start_ns)
        wakes.append(STAMP.unpack(os.read(answering, 8))[0] - start_ns)
    return of(writes), of(wakes)


def _drained(write: int, read: int) -> float:
    time.sleep(_ASLEEP_S)
    start_ns = time.monotonic_ns()
    os.write(write, b"x")
    took_ns = time.monotonic_ns() - start_ns
    os.read(read, 1)
    return took_ns


@contextlib.contextmanager
def pinned(cpu: int) -> Iterator[None]:
    """Stay on one core meanwhile."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
