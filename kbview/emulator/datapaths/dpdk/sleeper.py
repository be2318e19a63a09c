"""An lcore that sleeps: after some empty polls in a row it enables interrupts and waits in epoll.

    empty polls --> rx_intr_enable, each queue --> epoll_wait(): the core idles
         ^                                               | MSI-X --> vfio_msihandler() --> eventfd
         |                                               v
    rx_burst <-- rx_intr_disable, each queue <-- read(eventfd), the thread runs again

The interrupts are one-shot: while the lcore polls, none is taken. If a frame came after the last poll,
enabling the interrupt raises it at once. l3fwd-power also pauses for a microsecond after each of its
empty polls 11 to 300; this model does not.
DPDK: examples/l3fwd-power, sleep_until_rx_interrupt(); lib/eal/linux/eal_interrupts.c
Linux: drivers/vfio/pci/vfio_pci_intrs.c
"""

from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.burst_work import Work
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.datapaths.dpdk.lcore import Lcore
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.emulator.keys import MOST, Keys, meaning, number


@dataclass(frozen=True, kw_only=True)
class SleeperSettings(Keys):
    """Receive interrupts of an lcore, as in l3fwd-power."""

    dpdk_interrupts: Annotated[
        bool, meaning("whether an lcore sleeps until an interrupt after many empty polls")
    ] = False
    dpdk_empty_polls: Annotated[
        int, number("empty polls in a row after which the lcore sleeps", "polls", ge=1, le=MOST)
    ] = 10


class SleepyLcore(Lcore):
    """The thread in interrupt mode; it sleeps after `empty_polls` of all its queues in a row."""

    def __init__(
        self, machine: Machine, core: Core, ports: list[PortQueue], work: Work, empty_polls: int
    ) -> None:
        super().__init__(core, ports, work)
        self._queues = [port.queue for port in ports]
        self._patience_ps = empty_polls * len(ports) * self._empty_poll.cost_ps
        self._eventfd = Eventfd(machine, core)
        self._counts = machine.counts
        prices = machine.prices
        self._hardirq = prices.step("hardirq")
        self._irq_enable = prices.step("irq_enable")
        self._vectors = [self._vector(queue) for queue in self._queues]

    def _vector(self, queue: RxQueue) -> Vector:
        vector = Vector(self._core, lambda core: self._irq_handler(core, queue))
        queue.request_irq(vector, completes=False)
        return vector

    def wait_anew(self) -> None:
        """Traffic has ended: wait for frames in the ring, not for further arrivals."""
        if self._eventfd.sleeps:
            for queue in self._queues:
                queue.unmask(self._core.now_ps)

    def _spin(self) -> None:
        """Empty polls while patience lasts."""
        until_ps = min(self._next_ready_ps(), self._core.now_ps + self._patience_ps)
        self._core.spin(self._empty_poll, until_ps)

    def _sleep(self) -> Process | None:
        return self._sleeping() if self._next_ready_ps() > self._core.now_ps else None

    def _sleeping(self) -> Process:
        core = self._core
        for queue in self._queues:
            core.spend(self._irq_enable)
            queue.watch(None)  # during a sleep the vector takes the watcher's place
            queue.unmask(core.now_ps)
            self._counts.unmasked(core, queue.number)
        yield from self._eventfd.wait(self._task)
        for queue, vector in zip(self._queues, self._vectors, strict=True):
            core.spend(self._irq_enable)
            queue.masked = True
            queue.watch(self._shorten_spin)
            vector.arm(NEVER_PS)

    def _irq_handler(self, core: Core, queue: RxQueue) -> None:
        """vfio_msihandler(): mask the vector, signal the eventfd."""
        queue.mask()
        self._counts.interrupt(core, queue)
        core.spend(self._hardirq)
        self._eventfd.signal(core)


class Eventfd:
    """The eventfd of one thread, for all its queues, and the epoll instance that waits for it."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self._core = core
        self._waiters = WaitQueue(machine)
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._epoll_wait, self._read = step("epoll_wait"), step("eventfd_read")

    @property
    def sleeps(self) -> bool:
        """Whether the thread waits."""
        return self._waiters.sleeper is not None

    def wait(self, task: Context) -> Process:
        """epoll_wait(), then read(); nothing may happen between the look at the rings and this."""
        core = self._core
        core.enter_kernel(task, self._enter, "epoll_wait")
        core.spend(self._epoll_wait)
        yield from self._waiters.sleep(core, task)
        core.spend(self._exit)
        core.leave_kernel(task)
        core.enter_kernel(task, self._enter, "read")
        core.spend(self._read)
        core.spend(self._exit)
        core.leave_kernel(task)

    def signal(self, core: Core) -> None:
        """Wake the thread, which sleeps on this same core; nothing if it does not sleep."""
        self._waiters.wake(core)
