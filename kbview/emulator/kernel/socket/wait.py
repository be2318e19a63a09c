"""Sleeping and waking: a task waits in a system call until a softirq finds something for it.

A wake-up across cores costs an inter-processor interrupt and the way out of the idle state.
Linux: kernel/sched/core.c try_to_wake_up()
"""

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Context, Core
from kbview.emulator.hardware.machine import Machine


class WaitQueue:
    """Where one reader sleeps."""

    def __init__(self, machine: Machine) -> None:
        self._try_to_wake_up = machine.prices.step("try_to_wake_up")
        self._idle_exit_ps = machine.prices.step("idle_exit").cost_ps
        self.sleeper: tuple[Core, Context] | None = None

    def sleep(self, core: Core, task: Context) -> Process:
        """Give up the core until woken; nothing may happen between the look and this."""
        self.sleeper = (core, task)
        task.runnable = False
        yield

    def wake(self, waker: Core) -> None:
        """Make the sleeper runnable, if there is one."""
        if self.sleeper is None:
            return
        core, task = self.sleeper
        self.sleeper = None
        core.rouse(task, waker, self._try_to_wake_up, self._idle_exit_ps)
