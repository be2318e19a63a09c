"""netmap in the kernel: the rings of one queue, shadowed in memory that the application has mapped.

    NIC ring    descriptors, only the driver sees them       rxsync/txsync: a system call a batch
    netmap ring slots (buffer index, length), head, cur, tail, shared with the application

    linux       interrupt --> softirq --> the driver's poll: netmap_rx_irq() wakes the thread, unmask
    freebsd     interrupt --> netmap_rx_irq() wakes the thread; masked until the thread sleeps

The application maps the buffers, so no CPU copies a frame. It does not map the NIC's registers, and
the kernel checks every index, so a faulty program cannot reach the NIC. On Linux the vector fires as
often as the moderation allows, also while the thread is busy. A write-back raises the vector once: the
driver's poll cleans no sent descriptor, that is txsync's. rxsync takes all frames that are there.
L. Rizzo, "netmap: a novel framework for fast packet I/O", USENIX ATC 2012; sys/net/netmap.h;
LINUX/ixgbe_netmap_linux.h ixgbe_netmap_rxsync(), netmap_rx_irq() in ixgbe_clean_rx_irq()
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated, Literal

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.emulator.kernel.softirq import Scheduler
from kbview.emulator.keys import Keys, meaning
from kbview.packet.frame import Frame

NetmapOs = Literal["linux", "freebsd"]


@dataclass(frozen=True, kw_only=True)
class NetmapSettings(Keys):
    """The kernel that netmap is part of."""

    netmap_os: Annotated[
        NetmapOs,
        meaning("whether the driver's poll wakes the thread, in a softirq, or the handler does"),
    ] = "linux"


class NetmapQueue:
    """The kernel's half of one queue pair.

    `scheduler` polls the driver after an interrupt; None where the handler itself wakes the thread.
    With `completes` a sent frame raises the interrupt too.
    """

    def __init__(
        self,
        machine: Machine,
        core: Core,
        queue: RxQueue,
        tx: TxRing,
        scheduler: Scheduler | None,
        *,
        completes: bool,
    ) -> None:
        self.core = core
        self._tx = tx
        self._waiters = WaitQueue(machine)
        self._queue = queue
        self._ring = queue.ring
        self._scheduler = scheduler
        self._scheduled = False
        self._dma_ps = queue.moderation.dma_ps
        self._counts = machine.counts
        step = machine.prices.step
        self._hardirq = step("hardirq")
        self._napi_poll = step("napi_poll")
        self._napi_complete = step("napi_complete")
        self._sync = step("netmap_sync")
        self._rx_slot = machine.prices.sequence("netmap_rx_slot", *machine.hops(queue.number, 1))
        self._tx_slot = step("netmap_tx_slot")
        self._doorbell = step("doorbell")
        queue.request_irq(Vector(core, self.irq_handler), completes=completes)
        queue.once = True  # the driver's poll leaves sent descriptors to txsync

    def irq_handler(self, core: Core) -> None:
        """Mask the vector; the driver's poll follows, or on FreeBSD the thread is woken at once."""
        self._queue.mask()
        self._counts.interrupt(core, self._queue)
        core.spend(self._hardirq)
        if self._scheduler is None:
            self._waiters.wake(core)
        elif not self._scheduled:
            self._scheduled = True
            self._scheduler.napi_schedule(self)

    def poll(self, weight: int) -> Generator[None, None, int]:
        """The driver's poll: it leaves all descriptors to netmap, so it wakes the thread and ends."""
        core = self.core
        core.spend(self._napi_poll)
        if core.now_ps > core.horizon_ps:
            yield
        self._counts.polled(core, self._ring.queue, 0, weight)
        self._waiters.wake(core)
        core.spend(self._napi_complete)
        self._scheduled = False
        self._queue.unmask(core.now_ps)
        return 0

    def sleep(self, task: Context) -> Process:
        """Wait for the vector, unmasked; nothing may happen between the look and this."""
        if not self._scheduled:
            self._queue.unmask(self.core.now_ps)
        yield from self._waiters.sleep(self.core, task)

    def rxsync(self, core: Core) -> list[Frame]:
        """Take all frames that are there; give the NIC the slots that the application released.

        A slot is new where the DD bit of its descriptor is set. Returns the frames in new slots.
        """
        now_ps, ring, counts = core.now_ps, self._ring, self._counts
        released = ring.cleaned
        self._queue.catch_up(now_ps)
        frames = ring.take_burst(now_ps - self._dma_ps, ring.size)
        counts.descriptors_cleaned(core, ring, frames)
        ring.refill(released)
        counts.ring_refilled(core, ring.queue, released)
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
