"""What system calls are left: a thread sleeps until the other signals, by a condition variable.

Both threads are on one core, so who signals does not lose it: the scheduler decides, and it prefers
who has slept. pthread_cond_wait(), pthread_cond_signal(); Linux: kernel/futex/waitwake.c
"""

from collections.abc import Callable

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Context, Core
from kbview.emulator.hardware.machine import Machine


class Condition:
    """The application's thread sleeps here. `sleeper` is None while it is awake."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self.sleeper: Context | None = None
        self._core = core
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._wait, self._wake = step("futex_wait"), step("futex_wake")

    def wait(self, task: Context) -> Process:
        """Sleep until signalled; nothing may happen between the look and this."""
        core = self._core
        core.enter_kernel(task, self._enter, "futex")
        core.spend(self._wait)
        self.sleeper = task
        task.runnable = False
        yield
        core.spend(self._exit)
        core.leave_kernel(task)

    def signal(self, by: Context) -> None:
        """Make the sleeper runnable."""
        if self.sleeper is not None:
            self.call(by, "futex", self._rouse)

    def call(self, by: Context, name: str, action: Callable[[], None]) -> None:
        """A system call of one of the threads, which does not sleep."""
        core = self._core
        account = core.account
        core.enter_kernel(by, self._enter, name)
        action()
        core.spend(self._exit)
        core.leave_kernel(by)
        core.account = account

    def _rouse(self) -> None:
        core, task = self._core, self.sleeper
        if task is None:
            return
        self.sleeper = None
        core.rouse(task, core, self._wake)
