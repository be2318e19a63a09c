"""How an interrupt reaches a thread in user space: VFIO signals an eventfd, and epoll waits for it.

    NIC --MSI-X--> vfio_msihandler() --> eventfd --> wake --> epoll_wait() returns --> read(eventfd)

Linux: drivers/vfio/pci/vfio_pci_intrs.c; DPDK: lib/eal/linux/eal_interrupts.c
"""

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Context, Core
from kbview.emulator.hardware.machine import Machine


class Eventfd:
    """One thread's, for all its queues. `sleeper` is None while it is awake."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self.sleeper: Context | None = None
        self._core = core
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._epoll_wait, self._read = step("epoll_wait"), step("eventfd_read")
        self._try_to_wake_up = step("try_to_wake_up")

    def wait(self, task: Context) -> Process:
        """epoll_wait(), then read(); nothing may happen between the look at the rings and this."""
        core = self._core
        core.enter_kernel(task, self._enter, "epoll_wait")
        core.spend(self._epoll_wait)
        self.sleeper = task
        task.runnable = False
        yield
        core.spend(self._exit)
        core.leave_kernel(task)
        core.enter_kernel(task, self._enter, "read")
        core.spend(self._read)
        core.spend(self._exit)
        core.leave_kernel(task)

    def signal(self, core: Core) -> None:
        """The handler: make the sleeper runnable, on this very core."""
        task = self.sleeper
        if task is None:
            return
        self.sleeper = None
        core.rouse(task, core, self._try_to_wake_up)
