"""The condition variable on which the application's thread sleeps until the TCP thread signals.

Both threads are on one core, so the signalling thread keeps the core: the scheduler decides, and it
prefers the thread that has slept.
pthread_cond_wait(), pthread_cond_signal(); Linux: kernel/futex/waitwake.c
"""

from collections.abc import Callable

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.socket.wait import WaitQueue


class Condition:
    """One thread may sleep here, on `core`."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self._core = core
        self._waiters = WaitQueue(machine, wake_step="futex_wake")
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._wait = step("futex_wait")

    @property
    def sleeps(self) -> bool:
        """Whether the thread sleeps here."""
        return self._waiters.sleeper is not None

    def put_to_sleep(self, task: Context) -> None:
        """Let a thread sleep here that has not run yet."""
        self._waiters.put_to_sleep(self._core, task)

    def wait(self, task: Context) -> Process:
        """Sleep until signalled; nothing may happen between the look and this."""
        core = self._core
        core.enter_kernel(task, self._enter, "futex")
        core.spend(self._wait)
        yield from self._waiters.sleep(core, task)
        core.spend(self._exit)
        core.leave_kernel(task)

    def signal(self, by: Context) -> None:
        """Make the sleeping thread runnable; nothing if it does not sleep."""
        if self.sleeps:
            self.call(by, "futex", self._wake)

    def call(self, by: Context, name: str, action: Callable[[], None]) -> None:
        """Do `action` within the system call `name` of a thread; the call does not sleep."""
        core = self._core
        account = core.account
        core.enter_kernel(by, self._enter, name)
        action()
        core.spend(self._exit)
        core.leave_kernel(by)
        core.account = account

    def _wake(self) -> None:
        self._waiters.wake(self._core)
