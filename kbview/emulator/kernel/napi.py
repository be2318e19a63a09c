"""NAPI: an interrupt starts it, polling keeps it going, an empty ring ends it.

      IRQ --> irq_handler --> net_rx_action --> poll(weight)
       ^                          ^                 |
       |                          +-- work==weight -+
       +------- napi_complete <------ work< weight -+

The vector is masked from the handler until napi_complete; the core itself takes other interrupts.
Linux: net/core/dev.c, Documentation/networking/napi.rst
"""

from collections.abc import Generator

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.runs import QueueRuns
from kbview.emulator.kernel.skb import truesize
from kbview.emulator.kernel.socket import SocketTable
from kbview.emulator.kernel.softirq import Softirq
from kbview.emulator.kernel.stack import Stack
from kbview.packet.frame import Frame
from kbview.tape.events import (
    DescriptorCleaned,
    IrqRaised,
    IrqUnmasked,
    NapiPolled,
    RingRefilled,
    SkbAllocated,
)

# What cleaning one descriptor costs; paid together with the climb through the layers that follows.
CLEAN = ("descriptor_read", "first_touch", "skb_alloc", "napi_gro_receive")


class Napi:
    """One receive queue's driver instance."""

    def __init__(self, machine: Machine, softirq: Softirq, stack: Stack, sockets: SocketTable) -> None:
        self.in_hand = False
        self._core = softirq.core
        self._softirq = softirq
        self._stack = stack
        self._nic = machine.nic
        self._ring = machine.nic.ring
        self._runs = QueueRuns(machine, self._ring, sockets)
        self._meters = machine.meters
        self._recorder = machine.recorder
        prices = machine.prices
        self._hardirq = prices.step("hardirq")
        self._napi_poll = prices.step("napi_poll")
        self._napi_complete = prices.step("napi_complete")

    def irq_handler(self, core: Core) -> None:
        """Acknowledge, mask the vector, and leave the rest to the softirq."""
        self._nic.last_irq_ps = core.now_ps
        self._meters.interrupts += 1
        self._nic.masked = True
        core.irq_due_ps = NEVER_PS
        if self._recorder.steps:
            self._recorder.emit(IrqRaised(core.now_ps, core.number, self._ring.queue))
        core.spend(self._hardirq)
        self._softirq.napi_schedule(self)

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Clean up to `weight` descriptors and pass their frames up the stack."""
        core, ring, meters, recorder = self._core, self._ring, self._meters, self._recorder
        dma_ps = self._nic.moderation.dma_ps
        core.spend(self._napi_poll)
        work = 0
        while work < weight:
            frame = ring.take_done(core.now_ps - dma_ps) or self._look_at_wire()
            if frame is None:
                break
            work += 1
            meters.allocations += 1
            if recorder.steps:
                self._tell_cleaned(frame)
            socket = self._stack.netif_receive_skb(core, frame)
            self.in_hand = socket is not None
            if core.now_ps > core.horizon_ps:
                yield  # the application may be looking at the socket from another core
            if socket is not None:
                self.in_hand = False
                if socket.queue_rcv(core, frame) and not recorder.milestones:
                    work += self._runs.queue(core, socket, weight - work)
        self._finish(work, weight)
        return work

    def _look_at_wire(self) -> Frame | None:
        """The ring seemed empty: has anything arrived meanwhile?"""
        now_ps = self._core.now_ps
        self._nic.catch_up(now_ps)
        return self._ring.take_done(now_ps - self._nic.moderation.dma_ps)

    def _tell_cleaned(self, frame: Frame) -> None:
        now_ps, ring, emit = self._core.now_ps, self._ring, self._recorder.emit
        slot = (ring.next_to_clean - 1) % ring.size
        emit(DescriptorCleaned(now_ps, ring.queue, frame.packet, slot))
        emit(SkbAllocated(now_ps, self._core.number, frame.packet, truesize(frame.length)))

    def _finish(self, work: int, weight: int) -> None:
        """Refill, and go back to interrupts if the ring was emptied."""
        core, recorder, queue = self._core, self._recorder, self._ring.queue
        self._nic.catch_up(core.now_ps)
        count = self._ring.refill()
        self._meters.polls += 1
        self._meters.empty_polls += work == 0
        if recorder.steps:
            if count:
                recorder.emit(RingRefilled(core.now_ps, queue, count))
            recorder.emit(NapiPolled(core.now_ps, core.number, queue, work, weight))
        if work < weight:
            core.spend(self._napi_complete)
            self.unmask()

    def unmask(self) -> None:
        """napi_complete_done: the vector may fire again."""
        core = self._core
        self._nic.masked = False
        core.irq_due_ps = self._nic.next_irq_ps(core.now_ps)
        core.refresh()
        if self._recorder.steps:
            self._recorder.emit(IrqUnmasked(core.now_ps, core.number, self._ring.queue))
