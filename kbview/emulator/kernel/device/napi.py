"""NAPI: an interrupt starts it, polling keeps it going, an empty ring ends it.

      IRQ --> irq_handler --> net_rx_action --> poll(weight)
       ^                          ^                 |
       |                          +-- work==weight -+
       +------- napi_complete <------ work< weight -+

The vector is masked from the handler until napi_complete; the core itself takes other interrupts.
Linux: net/core/dev.c, Documentation/networking/napi.rst
"""

from collections.abc import Generator
from typing import NamedTuple

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.device.adaptive import AdaptiveModeration
from kbview.emulator.kernel.device.gro import Gro
from kbview.emulator.kernel.device.napi_state import NapiInstance
from kbview.emulator.kernel.device.xdp import PASS, XdpProgram
from kbview.emulator.kernel.net.defrag import Defrag
from kbview.emulator.kernel.net.netfilter import Unconfirmed
from kbview.emulator.kernel.net.taker import Layer, Receiver, Taker
from kbview.emulator.kernel.net.tcp import Tcp
from kbview.emulator.kernel.runs import QueueRuns
from kbview.emulator.kernel.send.xmit import TxQueue
from kbview.emulator.kernel.skb import PAGE, RX_BUFFER, SMALLEST, truesize
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.kernel.softirq import Scheduler
from kbview.packet.frame import Frame

# What cleaning one descriptor costs; paid together with the climb through the layers that follows,
# unless GRO comes between.
CLEAN = ("descriptor_read", "first_touch", "skb_alloc", "napi_gro_receive")


class Features(NamedTuple):
    """Options of a driver that are switched on. `xdp` runs on each frame, `gro` merges packets."""

    xdp: XdpProgram | None = None
    gro: Gro | None = None
    adaptive: AdaptiveModeration | None = None
    defer_ps: int = 0


PLAIN = Features()


class Napi(NapiInstance):
    """One queue pair's driver instance: its poll cleans the transmit ring, then the receive ring."""

    def __init__(
        self,
        machine: Machine,
        queue: RxQueue,
        scheduler: Scheduler,
        stack: Receiver,
        tx: TxQueue,
        features: Features = PLAIN,
    ) -> None:
        super().__init__(machine, queue, scheduler, features.adaptive, features.defer_ps)
        self.in_hand = False
        self._xdp = features.xdp
        self._gro = features.gro or Gro(machine)
        self._merges = _nothing if features.gro is None else features.gro.wants
        self._stack = stack
        self._ring = queue.ring
        self._ddio = machine.ddio
        self._crowded = False
        self._tx = tx
        self._runs = QueueRuns(machine, queue)
        prices = machine.prices
        self._clean = prices.sequence(*CLEAN)
        self._rx_page = prices.step("rx_page")
        self._llc_miss = prices.step("llc_miss")
        self._napi_poll = prices.step("napi_poll")

    @property
    def held(self) -> int:
        """Frames taken out of the ring that no layer has yet."""
        return self.in_hand + self._gro.held

    @property
    def buffers(self) -> int:
        """Their sk_buffs."""
        return self.in_hand + self._gro.buffers

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Clean sent frames, then up to `weight` descriptors, and pass their frames up the stack."""
        core = self._core
        self._crowded = self._ddio.crowded()
        core.spend(self._napi_poll)
        if self._tx.ring.used:
            yield from self._clean_tx(core)
        work = yield from self._clean_rx(core, weight)
        if self._gro.held:
            yield from self._napi_gro_flush(core, complete=work < weight)
        if self._xdp is not None or self.contested:
            yield from self._give_way(core)
        return self._finish(work, weight)

    def _clean_rx(self, core: Core, weight: int) -> Generator[None, None, int]:
        ring, dma_ps, merges = self._ring, self._queue.moderation.dma_ps, self._merges
        work = 0
        while work < weight:
            frame = ring.take_done(core.now_ps - dma_ps) or self._look_at_wire()
            if frame is None:
                break
            work += 1
            if merges(frame):
                yield from self._napi_gro_receive(core, frame)
                continue
            taker = self._climb(core, frame)
            self.in_hand = taker is not None
            if core.now_ps > core.horizon_ps:
                yield  # somebody on another core may be looking at the same socket or ring
            if isinstance(taker, (Tcp, Defrag, Unconfirmed)):
                self.in_hand = False
                yield from self._stack.hand_over(core, frame, taker)
            elif taker is not None:
                work += self._hand_over(core, frame, taker, weight - work)
        return work

    def _give_way(self, core: Core) -> Process:
        """Ring the doorbell for all frames that XDP sent; let a reader look whether it may poll."""
        if core.now_ps > core.horizon_ps:
            yield  # the wire is everybody's, and so is the poll
        if self._xdp is not None:
            self._xdp.flush(core)
            if self.contested and core.now_ps > core.horizon_ps:
                yield

    def _clean_tx(self, core: Core) -> Process:
        if core.now_ps > core.horizon_ps:
            yield  # somebody on another core may be sending through the same ring
        self._tx.clean(core)

    def _climb(self, core: Core, frame: Frame) -> Taker | Layer | None:
        """Take a frame up the layers; returns its taker, None where its journey ended on the way."""
        if self._crowded or self._recorder.steps:
            self._take_in(core, frame)
        if self._xdp is not None:
            verdict = self._xdp.run(core, frame)
            if verdict is not PASS:
                return verdict
        self.make_skb(core, frame)
        return self._stack.netif_receive_skb(core, frame)

    def _take_in(self, core: Core, frame: Frame) -> None:
        """Clean the descriptor."""
        self._counts.descriptor_cleaned(core, self._ring, frame.packet)
        if self._crowded:
            core.spend(self._llc_miss, frame.packet)

    def make_skb(self, core: Core, frame: Frame) -> None:
        """Build the frame's sk_buff; a frame in pages of its own gives the ring new pages."""
        size = SMALLEST
        if frame.length > RX_BUFFER:
            size = truesize(frame.length)
            for _ in range(-(-frame.length // PAGE)):
                core.spend(self._rx_page, frame.packet)
        self._counts.skb_allocated(core, frame.packet, size)

    # ---- with GRO between ------------------------------------------------------------------

    def _napi_gro_receive(self, core: Core, frame: Frame) -> Process:
        """Clean a frame of a flow that may be merged; complete packets go up, a batch at a time."""
        self._take_in(core, frame)
        self.make_skb(core, frame)
        core.spend(self._clean, frame.packet)
        if self._gro.receive(core, frame):
            yield from self._pass_up(core)

    def _napi_gro_flush(self, core: Core, *, complete: bool) -> Process:
        """The poll is over: held packets go up, unless they may wait for the next poll."""
        self._gro.flush(core, complete=complete)
        yield from self._pass_up(core)

    def _pass_up(self, core: Core) -> Process:
        """netif_receive_skb_list: one after the other, as they came."""
        for skb in self._gro.take_up():
            taker = self._stack.receive_merged(core, skb)
            if taker is not None and core.now_ps > core.horizon_ps:
                yield  # somebody on another core may be looking at the same socket
            self._gro.go(skb)
            if isinstance(taker, (Tcp, Defrag, Unconfirmed)):
                yield from self._stack.hand_over(core, skb, taker)
            elif taker is not None:
                taker.queue_rcv(core, skb)

    # ---- after the climb --------------------------------------------------------------------

    def _hand_over(self, core: Core, frame: Frame, taker: Taker, most: int) -> int:
        """Give the frame to a socket or to the device; returns how many more went with it."""
        self.in_hand = False
        queued = taker.queue_rcv(core, frame)
        one_by_one = self._crowded or self._recorder.milestones
        if queued and isinstance(taker, Socket) and not one_by_one:
            return self._runs.queue(core, taker, most)
        return 0

    def _look_at_wire(self) -> Frame | None:
        """The ring seemed empty: has anything arrived meanwhile?"""
        now_ps = self._core.now_ps
        self._queue.catch_up(now_ps)
        return self._ring.take_done(now_ps - self._queue.moderation.dma_ps)

    def _finish(self, work: int, weight: int) -> int:
        """Refill, and go back to interrupts if the ring was emptied; returns the work of the poll."""
        core, queue = self._core, self._ring.queue
        self._queue.catch_up(core.now_ps)
        self._counts.ring_refilled(core, queue, self._ring.refill())
        self._counts.polled(core, queue, work, weight)
        return self._polled(work, weight)


def _nothing(_frame: Frame) -> bool:
    """Without GRO no packet is merged."""
    return False
