"""The driver's half of NAPI: the poll of a queue pair.

    poll --> clean the transmit ring --> clean the receive ring, up to `weight` descriptors
               each frame --> XDP program --> sk_buff --> GRO, if it merges --> netif_receive_skb

Linux: drivers/net/ethernet/mellanox/mlx5/core/en_txrx.c mlx5e_napi_poll(), en_rx.c
"""

from collections.abc import Generator
from typing import NamedTuple

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.device.dim import AdaptiveModeration
from kbview.emulator.kernel.device.gro import Gro
from kbview.emulator.kernel.device.napi import Napi
from kbview.emulator.kernel.device.poll_cycles import NoCycles, PollCycles
from kbview.emulator.kernel.device.xdp import XdpProgram, XdpVerdict
from kbview.emulator.kernel.net.taker import LayersAbove, Taker
from kbview.emulator.kernel.run.joint_runs import JointRuns
from kbview.emulator.kernel.run.runs import QueueRuns
from kbview.emulator.kernel.send.xmit import TxQueue
from kbview.emulator.kernel.skb import PAGE, RX_BUFFER, SMALLEST, truesize
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.kernel.softirq import Scheduler, Softirq
from kbview.packet.frame import Frame

# What cleaning one descriptor costs; paid together with the climb through the layers that follows,
# unless GRO comes between.
CLEAN = ("descriptor_read", "first_touch", "skb_alloc", "napi_gro_receive")


class Features(NamedTuple):
    """Options of a driver that are switched on. `xdp` runs on each frame, `gro` merges packets.

    `completes`: a sent frame raises an interrupt. `clean`: the steps of a frame up to GRO, after `xdp`.
    """

    xdp: XdpProgram | None = None
    gro: Gro | None = None
    adaptive: AdaptiveModeration | None = None
    defer_ps: int = 0
    completes: bool = True
    clean: tuple[str, ...] = CLEAN


PLAIN = Features()


class DriverPoll(Napi):
    """One queue pair's driver instance: its poll cleans the transmit ring, then the receive ring."""

    def __init__(
        self,
        machine: Machine,
        queue: RxQueue,
        scheduler: Scheduler,
        stack: LayersAbove,
        tx: TxQueue,
        features: Features = PLAIN,
    ) -> None:
        super().__init__(
            machine,
            queue,
            scheduler,
            features.adaptive,
            features.defer_ps,
            completes=features.completes,
        )
        self.in_hand = False
        self._xdp = features.xdp
        self._gro = features.gro
        self._stack = stack
        self._ring = queue.ring
        self._ddio = machine.ddio
        self._leaked = False  # out of the last-level cache before it was taken
        hops = machine.hops(queue.number)
        self._from_remote = machine.prices.sequence(*hops) if hops else None
        self._crowded = False  # a frame costs more than `clean`
        self._tx = tx
        alone = features.xdp is None and not machine.smt
        joint = JointRuns(machine, queue, possible=alone)
        self._runs = QueueRuns(machine, queue, joint, possible=alone)
        self._cycles = NoCycles()
        if isinstance(scheduler, Softirq) and not hops and features[2:4] == PLAIN[2:4]:
            self._cycles = PollCycles(machine, queue, scheduler, joint)
        prices = machine.prices
        self._clean = prices.sequence(*features.clean)
        # One attribute for both: from 30 on, Python looks each attribute of an object up in a table.
        self._seldom = (prices.step("rx_page"), prices.step("llc_miss"))
        self._napi_poll = prices.step("napi_poll")

    @property
    def held(self) -> int:
        """Frames between the ring and the layers."""
        return self.in_hand + (self._gro.held if self._gro is not None else 0)

    @property
    def buffers(self) -> int:
        """The sk_buffs of these frames."""
        return self.in_hand + (self._gro.buffers if self._gro is not None else 0)

    def irq_handler(self, core: Core) -> None:
        cycles = self._cycles
        certain = self._runs.joint.awaited and not (self.contested or self._scheduled or self.held)
        if not certain or not cycles.take(core):
            super().irq_handler(core)
        elif cycles.begun < 0:
            core.spend(self._napi_complete)
            self.unmask()
        else:
            self._crowded, self._scheduled = False, True
            cycles.go_on(self)

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Clean sent frames, then up to `weight` descriptors, and pass their frames up the stack."""
        core = self._core
        work = self._cycles.resume()
        if work < 0:
            work = 0
            self._leaked = self._ddio.crowded()
            self._crowded = self._leaked or self._from_remote is not None
            core.spend(self._napi_poll)
            if self._tx.ring.used:
                yield from self._clean_tx(core)
        if self._runs.joint.awaited and not self._crowded:
            work += self._runs.joint.take(core, weight - work)
        work = yield from self._clean_rx(core, weight, work)
        if self._gro is not None and self._gro.held:
            self._gro.flush(core, complete=work < weight)
            yield from self._pass_up(core, self._gro)
        if self._xdp is not None or self.contested:
            yield from self._give_way(core)
        return self._finish(work, weight)

    def _clean_rx(self, core: Core, weight: int, work: int) -> Generator[None, None, int]:
        ring, dma_ps, gro = self._ring, self._queue.moderation.dma_ps, self._gro
        while work < weight:
            frame = ring.take_done(core.now_ps - dma_ps) or self._look_at_wire()
            if frame is None:
                break
            work += 1
            if gro is not None and gro.wants(frame):
                yield from self._napi_gro_receive(core, frame, gro)
                continue
            taker = self._climb(core, frame)
            if core.now_ps > core.horizon_ps:
                self.in_hand = taker is not None
                yield  # a task on another core may use the same socket or ring
                self.in_hand = False
            if isinstance(taker, Socket):
                taker.receive(core, frame)
                if not (self._crowded or self._recorder.milestones):
                    work += self._runs.queue(core, taker, frame, weight - work)
            elif taker is not None and (rest := taker.receive(core, frame)) is not None:
                yield from rest
        return work

    def _give_way(self, core: Core) -> Process:
        """Ring the doorbell for all frames that XDP sent; yield to a reader that wants to poll."""
        if core.now_ps > core.horizon_ps:
            yield  # the wire is everybody's, and so is the poll
        if self._xdp is not None:
            self._xdp.flush(core)
            if self.contested and core.now_ps > core.horizon_ps:
                yield

    def _clean_tx(self, core: Core) -> Process:
        if core.now_ps > core.horizon_ps:
            yield  # a task on another core may send through the same ring
        self._tx.clean(core)

    def _climb(self, core: Core, frame: Frame) -> Taker | None:
        """Take a frame up the layers; returns its taker, None where its journey ended on the way."""
        if self._crowded or self._recorder.steps:
            self._take_in(core, frame)
        if self._xdp is not None:
            verdict = self._xdp.run(core, frame)
            if verdict is not XdpVerdict.PASS:
                return verdict
        self.make_skb(core, frame)
        return self._stack.netif_receive_skb(core, frame)

    def _take_in(self, core: Core, frame: Frame) -> None:
        """Clean the descriptor."""
        self._counts.descriptor_cleaned(core, self._ring, frame.packet)
        if self._leaked:
            core.spend(self._seldom[1], frame.packet)
        if self._from_remote is not None:
            core.spend(self._from_remote, frame.packet)

    def make_skb(self, core: Core, frame: Frame) -> None:
        """Build the frame's sk_buff. A frame that fills pages costs the ring new pages."""
        size = SMALLEST
        if frame.length > RX_BUFFER:
            size = truesize(frame.length)
            for _ in range(-(-frame.length // PAGE)):
                core.spend(self._seldom[0], frame.packet)
        self._counts.skb_allocated(core, frame.packet, size)

    # ---- with GRO between ------------------------------------------------------------------

    def _napi_gro_receive(self, core: Core, frame: Frame, gro: Gro) -> Process:
        """Clean a frame of a flow that may be merged; complete packets go up, a batch at a time."""
        self._take_in(core, frame)
        if self._xdp is not None and self._xdp.run(core, frame) is not XdpVerdict.PASS:
            return
        self.make_skb(core, frame)
        core.spend(self._clean, frame.packet)
        if gro.receive(core, frame):
            yield from self._pass_up(core, gro)

    def _pass_up(self, core: Core, gro: Gro) -> Process:
        """netif_receive_skb_list: pass the packets that GRO has finished up the stack, in order."""
        for skb in gro.take_up():
            taker = gro.receive_merged(core, skb)
            if taker is not None and core.now_ps > core.horizon_ps:
                yield  # a task on another core may read the same socket
            gro.go(skb)
            rest = taker.receive(core, skb) if taker is not None else None
            if rest is not None:
                yield from rest

    # ---- the ends of a poll ----------------------------------------------------------------

    def _look_at_wire(self) -> Frame | None:
        """A frame that arrived since the ring was last brought up to date; None without one."""
        now_ps = self._core.now_ps
        self._queue.catch_up(now_ps)
        return self._ring.take_done(now_ps - self._queue.moderation.dma_ps)

    def _finish(self, work: int, weight: int) -> int:
        """Refill the ring and end the poll; returns its work as `poll` does."""
        core, queue = self._core, self._ring.queue
        self._queue.catch_up(core.now_ps)
        refilled = self._ring.refill()
        if self._recorder.steps:
            self._counts.ring_refilled(core, queue, refilled)
        self._counts.polled(core, queue, work, weight)
        return self._polled(work, weight)
