"""The kernel's timers on one core: an interrupt when the first is due, and the softirq that follows.

Linux has a wheel with jiffies (kernel/time/timer.c); here timers are exact.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator

from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.softirq import Scheduler


class Timed(ABC):
    """A part with timers."""

    @property
    @abstractmethod
    def due_ps(self) -> int:
        """The time of the first timer, ps; NEVER_PS without one."""

    @abstractmethod
    def expire(self, core: Core) -> Process:
        """Do the work of all timers that are due by the core's time."""


class Timers:
    """The timers of one core: the softirq polls them when one is due. Call `arm` after a change.

    Between `start` and `stop` an interrupt of the softirq's core comes when the first timer is due.
    """

    def __init__(self, machine: Machine) -> None:
        self._softirq: Scheduler | None = None  # None before `start`
        self._timed: list[Timed] = []
        self._interrupt = machine.prices.step("hardirq")
        self._vector: Vector | None = None

    def add(self, timed: Timed) -> None:
        """Add a part; at the same time, parts expire in the order of their adding."""
        self._timed.append(timed)

    def start(self, softirq: Scheduler) -> None:
        """Let timers expire in this softirq, on its core."""
        self._softirq = softirq
        self._vector = Vector(softirq.core, self._tick)

    def stop(self) -> None:
        """Stop the timer interrupt."""
        if self._vector is not None:
            self._vector.arm(NEVER_PS)
            self._vector = None

    @property
    def due_ps(self) -> int:
        """The time of the first timer of all parts, ps; NEVER_PS without one."""
        return min((each.due_ps for each in self._timed), default=NEVER_PS)

    def arm(self, core: Core) -> None:
        """A timer has changed on `core`: set the interrupt to the first timer."""
        vector, due_ps = self._vector, self.due_ps
        if vector is not None and vector.due_ps != due_ps:
            vector.arm(max(due_ps, core.now_ps) if due_ps < NEVER_PS else NEVER_PS)
            if vector.core is not core:
                core.give_way_by(vector.due_ps)

    def _tick(self, core: Core) -> None:
        core.spend(self._interrupt)
        if self._softirq is not None:
            self._softirq.napi_schedule(self)

    def poll(self, weight: int) -> Generator[None, None, int]:
        """TIMER_SOFTIRQ: let due timers expire. Returns 0."""
        _ = weight
        if self._softirq is None:
            return 0
        core = self._softirq.core
        if core.now_ps > core.horizon_ps:
            yield
        for each in self._timed:
            if each.due_ps <= core.now_ps:
                yield from each.expire(core)
        self.arm(core)
        return 0
