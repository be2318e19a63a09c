"""A driver before NAPI: an interrupt for each packet, never masked, never moderated.

      frame in memory --> IRQ --> acknowledge, take one frame, new buffer --> ipintrq, soft interrupt
                           ^                                                        |
                           +---- the line is still up while another frame waits ----+

The soft interrupt frees sent frames, so that the transmit ring gets room while packets arrive.
"""

from collections.abc import Generator

from kbview.emulator.datapaths.kernel_irq.netisr import Netisr
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.send.xmit import TxQueue
from kbview.packet.frame import Frame


class FrameTaker:
    """Takes frames off the receive ring of a queue one by one; each slot gets a new buffer at once."""

    def __init__(self, machine: Machine, queue: RxQueue) -> None:
        self._queue = queue
        self._counts = machine.counts
        self._receive = machine.prices.sequence(
            "descriptor_read", "first_touch", *machine.hops(queue.number)
        )

    def take(self, core: Core) -> Frame | None:
        """The oldest frame that is done; None without one."""
        queue = self._queue
        queue.catch_up(core.now_ps)
        ring = queue.ring
        frame = ring.take_done(core.now_ps - queue.moderation.dma_ps)
        if frame is None:
            return None
        self._counts.descriptor_cleaned(core, ring, frame.packet)
        core.spend(self._receive, frame.packet)
        self._counts.ring_refilled(core, ring.queue, ring.refill())
        return frame


class IrqDriver:
    """The driver of one queue pair. `poll` is its job in the soft interrupt: free sent frames."""

    def __init__(self, machine: Machine, queue: RxQueue, netisr: Netisr, tx: TxQueue) -> None:
        queue.each = True
        queue.request_irq(Vector(netisr.core, self.irq_handler))
        self._queue = queue
        self._netisr = netisr
        self._tx = tx
        self._cleaning = False
        self._counts = machine.counts
        self._isr = machine.prices.step("isr")
        self._taker = FrameTaker(machine, queue)

    def irq_handler(self, core: Core) -> None:
        """The interrupt service routine: acknowledge, take one frame, request the soft interrupt."""
        self._acknowledge(core)
        core.spend(self._isr)
        if not self._cleaning and self._tx.ring.next_done_ps() <= core.now_ps:
            self._cleaning = True
            self._queue.completes = False
            self._netisr.napi_schedule(self)
        frame = self._taker.take(core)
        if frame is not None:
            self._netisr.input(frame)
        self.unmask()

    def _acknowledge(self, core: Core) -> None:
        """Nothing is masked: only the handler's own priority keeps the next interrupt away."""
        self._counts.interrupt(core, self._queue)
        self._counts.unmasked(core, self._queue.number)

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Free sent frames; then a transmit completion may interrupt again. Returns 0."""
        _ = weight
        core = self._netisr.core
        if core.now_ps > core.horizon_ps:
            yield  # a task on another core may send through the same ring
        self._tx.clean(core)
        self._cleaning = False
        self._queue.completes = True
        self._queue.look_again()
        return 0

    def unmask(self) -> None:
        """The handler returns: the line may interrupt again, at once if another frame is done."""
        self._queue.unmask(self._netisr.core.now_ps)

    def unmask_again(self) -> None:
        """As `unmask`: the line has no softirq that could hold it."""
        self.unmask()
