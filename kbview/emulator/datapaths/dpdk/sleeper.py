"""An lcore that sleeps: some empty polls in a row, then interrupts on and epoll, as in l3fwd-power.

    polls in vain --> rx_intr_enable, each queue --> epoll_wait(): the core idles
          ^                                                | MSI-X, VFIO's handler signals an eventfd
          |                                                v
    rx_burst as ever <-- rx_intr_disable <-- read(eventfd), the thread is awake again

Interrupts are one-shot: between two sleeps none is taken. A frame that came after the last poll raises
its interrupt at once when that is enabled. l3fwd-power also pauses a microsecond after each empty poll
from the eleventh to the three hundredth before it sleeps; here it sleeps when its patience ends.
DPDK: examples/l3fwd-power, sleep_until_rx_interrupt(); lib/eal/linux/eal_interrupts.c
"""

from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.datapaths.dpdk.eventfd import Eventfd
from kbview.emulator.datapaths.dpdk.lcore import Lcore
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.work import Work
from kbview.tape.events import IrqRaised, IrqUnmasked


class SleepyLcore(Lcore):
    """The thread, in interrupt mode. `empty_polls` of all its queues in a row, and it sleeps."""

    def __init__(self, machine: Machine, core: Core, ports: list[PortQueue], work: Work) -> None:
        super().__init__(core, ports, work)
        self.empty_polls = 1
        self._queues = [port.queue for port in ports]
        self._eventfd = Eventfd(machine, core)
        self._meters = machine.meters
        self._recorder = machine.recorder
        prices = machine.prices
        self._hardirq = prices.step("hardirq")
        self._irq_enable = prices.step("irq_enable")
        for queue in self._queues:
            self._bind(queue)

    def _bind(self, queue: RxQueue) -> None:
        queue.vector = Vector(self._core, lambda core: self._irq_handler(core, queue))
        queue.completes = False
        queue.masked = True

    def wait_anew(self) -> None:
        """Traffic has ended: wait for what is there, not for what would have come."""
        if self._eventfd.sleeper is not None:
            for queue in self._queues:
                queue.unmask(self._core.now_ps)

    def _idle(self) -> Process:
        """Poll in vain while patience lasts, then sleep."""
        core = self._core
        patience_ps = self.empty_polls * len(self._queues) * self._empty_poll.cost_ps
        core.spin(self._empty_poll, min(self._next_ready_ps(), core.now_ps + patience_ps))
        if core.resting:
            yield
        if self._next_ready_ps() > core.now_ps:
            yield from self._sleep()

    def _sleep(self) -> Process:
        core = self._core
        for queue in self._queues:
            core.spend(self._irq_enable)
            queue.watcher = None  # while it sleeps its vector tells
            queue.unmask(core.now_ps)
            if self._recorder.steps:
                self._recorder.emit(IrqUnmasked(core.now_ps, core.number, queue.number))
        yield from self._eventfd.wait(self._task)
        for queue in self._queues:
            core.spend(self._irq_enable)
            self._disable(queue)

    def _disable(self, queue: RxQueue) -> None:
        queue.masked = True
        queue.watcher = self._stir
        if queue.vector is not None:
            queue.vector.arm(NEVER_PS)

    def _irq_handler(self, core: Core, queue: RxQueue) -> None:
        """vfio_msihandler()."""
        queue.mask(core.now_ps)
        self._meters.interrupts += 1
        if self._recorder.steps:
            self._recorder.emit(IrqRaised(core.now_ps, core.number, queue.number))
        core.spend(self._hardirq)
        self._eventfd.signal(core)
