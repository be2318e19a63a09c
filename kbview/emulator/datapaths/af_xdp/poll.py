"""A driver's poll that serves an AF_XDP socket: frames go from the NIC's ring into the socket's.

    zero-copy   the NIC's descriptors point at umem chunks from the FILL ring; no copy
    copy        the NIC's descriptors point at the driver's own pages; a memcpy into a chunk

In zero-copy mode an empty FILL ring leaves the NIC without descriptors. Without need_wakeup the driver
then returns its whole weight and is polled again at once, for it must look at FILL to see new chunks.
With need_wakeup the driver stops, and the application makes a system call when it has filled FILL.
Linux: drivers/net/ethernet/intel/i40e/i40e_xsk.c, net/xdp/xsk.c
"""

from collections.abc import Generator

from kbview.emulator.datapaths.af_xdp.transmit import XskTransmit
from kbview.emulator.datapaths.af_xdp.xsk import XskMode, XskRings
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.kernel.device.napi import Napi
from kbview.emulator.kernel.softirq import Softirq
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import CopyKind, DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_XSK = Place.XSK
_TO_UMEM = CopyKind.TO_UMEM

XSK_RX_FULL = DropReason.XDP


class XskPoll(Napi):
    """The NAPI instance of a queue pair with a socket bound to it."""

    def __init__(
        self,
        machine: Machine,
        queue: RxQueue,
        tx: TxRing,
        softirq: Softirq,
        xsk: XskRings,
        mode: XskMode,
    ) -> None:
        super().__init__(machine, queue, softirq)
        self._xsk = xsk
        self._mode = mode
        self._machine = machine
        step, sequence = machine.prices.step, machine.prices.sequence
        self._napi_poll = step("napi_poll")
        hops = machine.hops(queue.number)
        receive = ("descriptor_read", "first_touch", *hops, "xdp_program", "xsk_redirect")
        self._receive = sequence(*receive) if mode.zero_copy else sequence(*receive, "xsk_copy")
        self._tx = XskTransmit(machine, tx, xsk, mode)
        self.in_hand = 0  # frames taken from the NIC's ring and not yet in RX
        self._missed = False  # NAPI_STATE_MISSED: a wake-up came while the poll was under way

    @property
    def queue_number(self) -> int:
        """The queue that the socket is bound to."""
        return self._queue.number

    @property
    def called_each_look(self) -> bool:
        """Whether it asks for a wake-up whenever frames are on their way."""
        return self._mode.calls_each_look

    @property
    def buffers(self) -> int:
        """sk_buffs on their way out, in copy mode."""
        return self._tx.buffers

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Complete, send, receive; then give the NIC chunks from FILL."""
        core, queue = self._core, self._queue
        ring, dma_ps = queue.ring, queue.moderation.dma_ps
        core.spend(self._napi_poll)
        if core.now_ps > core.horizon_ps:
            yield  # the application may be at the rings from another core
        more = yield from self._tx.poll(core)
        work = 0
        while work < weight:
            ready_ps = core.now_ps - dma_ps
            frame = ring.take_done(ready_ps)
            if frame is None:
                queue.catch_up(core.now_ps)  # the ring seems empty: has a frame arrived meanwhile?
                frame = ring.take_done(ready_ps)
            if frame is None:
                break
            work += 1
            self._run_program(core, frame)
            if core.now_ps > core.horizon_ps:
                self.in_hand = 1
                yield  # a thread on another core sees RX as it was until now
                self.in_hand = 0
            self._redirect(core, frame)
        if work:
            self._xsk.data_ready(core)
        if core.now_ps > core.horizon_ps:
            yield
        return self._finish(core, work, weight, more=more)

    # ---- receive ---------------------------------------------------------------------------

    def _run_program(self, core: Core, frame: Frame) -> None:
        if self._recorder.steps:  # neither counts, so the calls are saved for each frame
            self._counts.descriptor_cleaned(core, self._queue.ring, frame.packet)
            self._counts.xdp_ran(core, frame.packet, "redirect")
        if self._mode.zero_copy:
            core.spend(self._receive, frame.packet)
        else:
            core.spend_copying(self._receive, frame.length, frame.packet)

    def _redirect(self, core: Core, frame: Frame) -> None:
        machine, xsk, copies = self._machine, self._xsk, not self._mode.zero_copy
        if xsk.closed or not xsk.rx.room or (copies and not xsk.fill.filled):
            machine.books.drop(core, frame, _XSK, XSK_RX_FULL)
            if not copies:
                xsk.fill.produce(core, min(1, xsk.fill.room))  # the driver keeps the chunk
            return
        if copies:
            xsk.fill.consume(core, 1)
            self._counts.copied(core, frame.packet, _TO_UMEM, frame.length)
        xsk.receive(core, frame)

    def _refill(self, core: Core) -> bool:
        """Give descriptors back; False if chunks are missing for some of them."""
        ring, fill = self._queue.ring, self._xsk.fill
        count = min(ring.cleaned, fill.filled) if self._mode.zero_copy else ring.cleaned
        ring.refill(count)
        if self._mode.zero_copy:
            fill.consume(core, count)
        self._counts.ring_refilled(core, ring.queue, count)
        return not ring.cleaned

    # ---- the end of a poll -----------------------------------------------------------------

    def _finish(self, core: Core, work: int, weight: int, *, more: bool) -> int:
        queue = self._queue
        queue.catch_up(core.now_ps)
        whole = self._refill(core)
        self._counts.polled(core, queue.number, work, weight)
        starved = not whole and not queue.ring.free
        if self._mode.need_wakeup:
            self._xsk.wants_wakeup = starved
        elif starved:
            return weight
        if more or self._missed:
            self._missed = False
            return weight
        return self._polled(work, weight)

    # ---- the application's calls -----------------------------------------------------------

    def xsk_sendmsg(self, core: Core) -> Process:
        """The kernel's half of sendto()."""
        if self._mode.zero_copy:
            self.wake_up(core)
        else:
            yield from self._tx.generic_xmit(core)

    def wake_up(self, core: Core) -> None:
        """ndo_xsk_wakeup: have the NIC interrupt at once; a poll under way is followed by another.

        i40e writes to a register for that, mlx5 posts an empty command; neither interrupt is moderated.
        Linux: napi_if_scheduled_mark_missed()
        """
        if self._queue.masked:
            self._missed = True
        elif self._queue.masked is False:
            due_ps = min(self._vector.due_ps, core.now_ps + self._queue.moderation.delivery_ps)
            self._vector.arm(due_ps)
            core.give_way_by(due_ps)
