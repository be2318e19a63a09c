"""The remedy of 1996: the interrupt only starts a polling program, which takes packets to completion.

      IRQ --> mask, schedule --> up to `quota` packets all the way, then sent frames --> again
       ^                                                       |
       +---- unmask <--- the ring is empty <-------------------+---> queue feedback: leave it masked

There is no ipintrq: an unprocessed packet stays in the ring, where a drop costs no time. Without a
quota the first half never ends under load, sent frames are never freed, and every forwarded packet is
dropped before the transmit ring. With feedback, input stops when the screening queue is three quarters
full, and starts again at one quarter.
Mogul and Ramakrishnan, ACM TOCS 15(3), 1997, sections 5 and 6. NAPI was built on this idea.
"""

from collections.abc import Generator

from kbview.emulator.datapaths.kernel_irq.driver import FrameTaker, IrqDriver
from kbview.emulator.datapaths.kernel_irq.netisr import Netisr, Netisrs
from kbview.emulator.datapaths.kernel_irq.screend import ScreenQueue
from kbview.emulator.datapaths.kernel_irq.stations import KernelIrqSettings
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.send.xmit import TxQueue, TxQueues

_ENDLESS = 1 << 62


class QuotaDriver:
    """The driver of one queue pair.

    `quota` is the number of packets a round, 0 without a limit. `feedback` is the queue that stops the
    input while it is nearly full; None without feedback.
    """

    def __init__(
        self,
        machine: Machine,
        queue: RxQueue,
        netisr: Netisr,
        tx: TxQueue,
        quota: int,
        feedback: ScreenQueue | None,
    ) -> None:
        queue.request_irq(Vector(netisr.core, self.irq_handler))
        self._feedback = feedback
        queue.each = True
        self._queue = queue
        self._netisr = netisr
        self._tx = tx
        self._quota = quota or _ENDLESS
        self._counts = machine.counts
        self._isr = machine.prices.step("isr")
        self._taker = FrameTaker(machine, queue)

    def irq_handler(self, core: Core) -> None:
        """Mask the vector and schedule the polling program."""
        self._queue.mask()
        self._counts.interrupt(core, self._queue)
        core.spend(self._isr)
        self._netisr.napi_schedule(self)

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Input up to the quota, then output; then another round in turn with others, or interrupts."""
        _ = weight
        core, work = self._netisr.core, 0
        while work < self._quota and not self._inhibited():
            frame = self._taker.take(core)
            if frame is None:
                break
            work += 1
            yield from self._netisr.intake.receive(core, frame)
            if core.now_ps > core.horizon_ps:
                yield
        yield from self._sent(core)
        budget = self._quota if self._quota < _ENDLESS else 0
        self._counts.polled(core, self._queue.number, work, budget)
        if self._inhibited() and self._feedback is not None:
            self._feedback.stopped.append(self)
        elif self._more(core):
            self._netisr.napi_schedule(self)
        else:
            self.unmask()
        return work

    def go_on(self, core: Core) -> None:
        """The screening queue has room again: resume the input."""
        self._netisr.resume(self, core)

    def _inhibited(self) -> bool:
        return self._feedback is not None and self._feedback.inhibits

    def _more(self, core: Core) -> bool:
        """Whether a frame in the ring is done."""
        self._queue.catch_up(core.now_ps)
        return self._queue.next_ready_ps() <= core.now_ps

    def _sent(self, core: Core) -> Process:
        """The second half of a round: free sent frames and refill the transmit ring from the qdisc."""
        if core.now_ps > core.horizon_ps:
            yield
        self._tx.clean(core)

    def unmask(self) -> None:
        """The vector may fire again."""
        core = self._netisr.core
        self._queue.unmask(core.now_ps)
        self._counts.unmasked(core, self._queue.number)

    def unmask_again(self) -> None:
        """Traffic has ended: do not wait for frames that will not arrive."""
        if not self._queue.masked:
            self.unmask()


def drivers_of(
    machine: Machine,
    settings: KernelIrqSettings,
    netisrs: Netisrs,
    tx: TxQueues,
    screenq: ScreenQueue | None,
) -> list[IrqDriver | QuotaDriver]:
    """The driver of each queue pair: polling with a quota where that cure is chosen."""
    made: list[IrqDriver | QuotaDriver] = []
    for queue in machine.nic.queues:
        netisr, own = netisrs.of(machine.core_of(queue.number)), tx.queues[queue.number]
        if settings.irq_cure == "polling":
            feedback = screenq if settings.queue_feedback else None
            made.append(QuotaDriver(machine, queue, netisr, own, settings.poll_quota, feedback))
        else:
            made.append(IrqDriver(machine, queue, netisr, own))
    return made
