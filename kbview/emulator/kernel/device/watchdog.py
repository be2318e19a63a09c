"""Deferred interrupts: after a poll that found frames the vector stays masked; a timer polls again.

An application that polls in time renews the timer, so there are no interrupts. If it stalls, the
softirq takes over. After two empty polls the vector is unmasked.
Linux: gro_flush_timeout and napi_defer_hard_irqs (the documentation advises 2), net/core/dev.c
napi_complete_done(), napi_watchdog()
"""

from collections.abc import Callable

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.vector import Vector

NAPI_DEFER_HARD_IRQS = 2


class Watchdog:
    """The timer of one queue."""

    def __init__(
        self, machine: Machine, core: Core, timeout_ps: int, napi_schedule: Callable[[], None]
    ) -> None:
        self._vector = Vector(core, self._expired)
        self._timeout_ps = timeout_ps
        self._napi_schedule = napi_schedule
        self._interrupt = machine.prices.step("hardirq")
        self._left = 0

    def defers(self, core: Core, work: int) -> bool:
        """A poll on `core` is over; True if the vector stays masked because the timer runs."""
        if work:
            self.renew()
        if not self._left:
            return False
        self._left -= 1
        self.start(core)
        return True

    def renew(self) -> None:
        """An application polls: defer interrupts again."""
        self._left = NAPI_DEFER_HARD_IRQS

    def start(self, core: Core) -> None:
        """Start the timer at the time of `core`."""
        self._vector.arm(core.now_ps + self._timeout_ps)
        if self._vector.core is not core:
            core.give_way_by(self._vector.due_ps)

    def _expired(self, core: Core) -> None:
        core.spend(self._interrupt)
        self._napi_schedule()
