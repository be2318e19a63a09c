"""A poll-mode driver: a queue pair of a DPDK port, owned by a single lcore.

rx_burst() looks at the DD bit of descriptors in memory; an empty poll costs a few nanoseconds. A series
of empty polls is a single spin. tx_burst() cleans sent descriptors only if few are free, so the mbuf of
a sent frame stays in the ring for a long time.
DPDK: Programmer's Guide, "Poll Mode Driver"; lib/ethdev rte_eth_rx_burst(), rte_eth_tx_burst()
"""

from kbview.emulator.bypass.burst_runs import BurstRuns, BurstSteps
from kbview.emulator.bypass.mempool import MempoolCache
from kbview.emulator.cost import Step
from kbview.emulator.hardware.account import POLL_EMPTY, POLL_USEFUL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.memory import Tlb
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place

LINE = 4  # descriptors of 16 bytes in a cache line
TX_FREE_THRESH = 32  # descriptors
TX_RING_FULL = DropReason.TX_RING_FULL


class PortQueue:
    """The rings of a queue as its lcore sees them.

    `tlb` is None where all translations are found, `mbufs` None where mbufs are not counted.
    """

    def __init__(
        self,
        machine: Machine,
        queue: RxQueue,
        tx: TxRing,
        tlb: Tlb | None,
        burst: int,
        mbufs: MempoolCache | None = None,
    ) -> None:
        self.queue = queue
        self._mbufs = mbufs
        self._burst = burst
        self._ring = queue.ring
        self._tx = tx
        self._dma_ps = queue.moderation.dma_ps
        self._counts = machine.counts
        self._books = machine.books
        step, sequence = machine.prices.step, machine.prices.sequence
        self._call = step("rx_burst")
        self._ddio = machine.ddio
        self._tlb = tlb
        per_mbuf = ("pmd_descriptor", "mbuf_alloc", *machine.hops(queue.number, 1))
        self._per_mbuf_far = sequence(*per_mbuf, "llc_miss")
        self._per_mbuf = sequence(*per_mbuf)
        self.empty_poll = step("rx_burst_empty")
        self._line = step("descriptor_line")
        self._send = step("tx_burst")
        self._per_descriptor = step("pmd_tx_descriptor")
        self._doorbell = step("doorbell")
        self._free = step("mbuf_free")

    # ---- receive ---------------------------------------------------------------------------

    def next_ready_ps(self) -> int:
        """When a poll will find a descriptor with its DD bit set; NEVER_PS if no arrival is known."""
        return self.queue.next_ready_ps()

    def rx_burst(self, core: Core) -> list[Frame]:
        """Up to a burst of frames, each with DD set in its descriptor; refills the ring.

        The NIC sets DD with its DMA write, which ends `_dma_ps` after the frame got its descriptor.
        """
        now_ps = core.now_ps
        self.queue.catch_up(now_ps)
        per_mbuf = self._per_mbuf_far if self._ddio.crowded() else self._per_mbuf
        mbufs, most = self._mbufs, self._burst
        if mbufs is not None:
            most = mbufs.available(most)
        frames = self._ring.take_burst(now_ps - self._dma_ps, most)
        if not frames:
            return self._nothing(core)
        core.account = POLL_USEFUL
        self._counts.frames_received(core, self._ring, frames, self._burst)
        core.spend(self._call)
        if mbufs is not None:
            self._replace(mbufs, len(frames), now_ps - self._dma_ps)
        for frame in frames:
            core.spend(per_mbuf, frame.packet)
            if self._tlb is not None:
                self._tlb.touch(core, frame)
        if len(frames) < LINE:
            core.spend(self._line)  # the rest of the line is still being written by the NIC
        self._counts.ring_refilled(core, self._ring.queue, self._ring.refill())
        return frames

    def _replace(self, mbufs: MempoolCache, count: int, ready_ps: int) -> None:
        """Put new mbufs into the descriptors; a frame without a new mbuf stays in its descriptor."""
        mbufs.get(count)
        if count < self._burst and self._ring.ready and self._ring.ready[0] <= ready_ps:
            mbufs.fail(self.queue.number)

    def _nothing(self, core: Core) -> list[Frame]:
        core.account = POLL_EMPTY
        self._counts.burst_received(core, self.queue.number, 0, self._burst)
        core.spend(self.empty_poll)
        core.account = POLL_USEFUL
        return []

    def runs(self, machine: Machine, work: Step) -> BurstRuns:
        """Runs of its polls, with `work` on each frame."""
        steps = BurstSteps(self.empty_poll, self._call, self._per_mbuf, self._line, LINE, work)
        possible = self._tlb is None
        return BurstRuns(machine, self.queue, steps, self._burst, self._mbufs, possible=possible)

    # ---- transmit --------------------------------------------------------------------------

    def tx_burst(self, core: Core, frames: list[Frame], *, passed_on: bool) -> int:
        """Post the frames that fit and ring the doorbell once; returns how many, as DPDK's does.

        The wire is shared: the caller yields before if its core is past its horizon.
        """
        ring = self._tx
        core.spend(self._send)
        wanted = max(TX_FREE_THRESH, len(frames))
        if ring.free < wanted:
            done = ring.clean(core.now_ps, wanted)
            for gone in done:
                core.spend(self._free, gone.frame.packet)
            self.release(len(done))
        count = min(len(frames), ring.free)
        for frame in frames[:count]:
            core.spend(self._per_descriptor, frame.packet)
            ring.post(core, frame, passed_on=passed_on)
        if count:
            ring.doorbell(core)
            core.spend(self._doorbell)
        return count

    def spin_to_send(self, core: Core) -> None:
        """Empty calls of tx_burst until the NIC has written a descriptor back."""
        core.spin(self._send, self._tx.next_done_ps())

    def give_up(self, core: Core, frames: list[Frame], *, passed_on: bool) -> None:
        """Free frames that tx_burst did not take."""
        for frame in frames:
            self._books.give_up(core, frame, Place.TX_RING, TX_RING_FULL, passed_on)
            core.spend(self._free, frame.packet)
        self.release(len(frames))

    def release(self, count: int) -> None:
        """Count `count` mbufs as freed."""
        if self._mbufs is not None:
            self._mbufs.put(count)
