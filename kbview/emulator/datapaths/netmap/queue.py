"""netmap in the kernel: the rings of one queue, shadowed in memory that the application has mapped.

    NIC ring    descriptors, only the driver sees them       rxsync/txsync: a system call a batch
    netmap ring slots (buffer index, length), head, cur, tail, shared with the application

The application maps the buffers, so no CPU copies a frame. It does not map the NIC's registers, and the
kernel checks every index, so a faulty program cannot reach the NIC. poll() unmasks the vector before
the thread sleeps; the handler only wakes the thread. Under load the thread never sleeps.
L. Rizzo, "netmap: a novel framework for fast packet I/O", USENIX ATC 2012; sys/net/netmap.h
"""

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.packet.frame import Frame


class NetmapQueue:
    """The kernel's half of one queue pair; rxsync shows up to `burst` frames at once.

    With `completes` a sent frame raises the interrupt too.
    """

    def __init__(
        self,
        machine: Machine,
        core: Core,
        queue: RxQueue,
        tx: TxRing,
        burst: int,
        *,
        completes: bool,
    ) -> None:
        self.core = core
        self._tx = tx
        self._waiters = WaitQueue(machine)
        self._queue = queue
        self._ring = queue.ring
        self._burst = burst
        self._dma_ps = queue.moderation.dma_ps
        self._counts = machine.counts
        step = machine.prices.step
        self._hardirq = step("hardirq")
        self._sync = step("netmap_sync")
        self._rx_slot = step("netmap_rx_slot")
        self._tx_slot = step("netmap_tx_slot")
        self._doorbell = step("doorbell")
        queue.request_irq(Vector(core, self.irq_handler), completes=completes)

    def irq_handler(self, core: Core) -> None:
        """netmap_rx_irq: wake the thread; there is no softirq and no sk_buff."""
        self._queue.mask()
        self._counts.interrupt(core, self._ring.queue)
        core.spend(self._hardirq)
        self._waiters.wake(core)

    def sleep(self, task: Context) -> Process:
        """Unmask the vector and wait for it; nothing may happen between the look and this."""
        self._queue.unmask(self.core.now_ps)
        yield from self._waiters.sleep(self.core, task)

    def rxsync(self, core: Core) -> list[Frame]:
        """Give the NIC the slots that the application released; returns the frames in new slots.

        A slot is new where the DD bit of its descriptor is set.
        """
        now_ps, ring, counts = core.now_ps, self._ring, self._counts
        released = ring.refill()
        self._queue.catch_up(now_ps)
        frames = ring.take_burst(now_ps - self._dma_ps, self._burst)
        counts.ring_refilled(core, ring.queue, released)
        counts.descriptors_cleaned(core, ring, frames)
        counts.ring_synced(core, ring.queue, "rx", len(frames))
        core.spend(self._sync)
        for frame in frames:
            core.spend(self._rx_slot, frame.packet)
        return frames

    def txsync(self, core: Core, frames: list[Frame], *, passed_on: bool) -> int:
        """Post the application's slots in the NIC's ring; returns how many slots had room."""
        tx = self._tx
        core.spend(self._sync)
        tx.clean(core.now_ps, tx.size)
        count = min(len(frames), tx.free)
        for frame in frames[:count]:
            core.spend(self._tx_slot, frame.packet)
            tx.post(core, frame, passed_on=passed_on)
        self._counts.ring_synced(core, tx.queue, "tx", count)
        if count:
            tx.doorbell(core)
            core.spend(self._doorbell)
        return count

    def wait_anew(self) -> None:
        """Traffic has ended: wait for frames in the ring, not for further arrivals."""
        if self._waiters.sleeper is not None:
            self._queue.unmask(self.core.now_ps)
