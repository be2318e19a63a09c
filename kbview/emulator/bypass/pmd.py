"""A poll-mode driver: the receive side of one DPDK port and queue, owned by one lcore.

rx_burst() looks at descriptors in memory; finding none is a few nanoseconds lost, not a sleep. An
empty stretch is one spin, however many polls it was.
DPDK: Programmer's Guide, "Poll Mode Driver"; lib/ethdev rte_eth_rx_burst()
"""

from kbview.emulator.hardware.core import POLL_USEFUL, Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame
from kbview.tape.events import BurstReceived, DescriptorCleaned, RingRefilled

BURST_SIZE = 32


class Port:
    """The ring as the lcore sees it."""

    def __init__(self, machine: Machine) -> None:
        self._nic = machine.nic
        self._ring = machine.nic.ring
        self._meters = machine.meters
        self._recorder = machine.recorder
        self._call = machine.prices.step("rx_burst")
        self._per_mbuf = machine.prices.sequence("pmd_descriptor", "mbuf_alloc")
        self._empty = machine.prices.step("rx_burst_empty")

    def rx_burst(self, core: Core) -> list[Frame]:
        """Up to BURST_SIZE frames that are in memory; there is one, see `spin`. Refills at once."""
        now_ps = core.now_ps
        self._nic.catch_up(now_ps)
        frames = self._ring.take_burst(now_ps - self._nic.moderation.dma_ps, BURST_SIZE)
        self._meters.polls += 1
        core.account = POLL_USEFUL
        if self._recorder.steps:
            self._tell(core, frames)
        core.spend(self._call)
        for frame in frames:
            core.spend(self._per_mbuf, frame.packet)
        self._ring.refill()
        return frames

    def spin(self, core: Core) -> None:
        """Poll in vain until the next frame is in memory; yield afterwards if the core rests."""
        core.spin(self._empty, self._nic.next_ready_ps())

    def empty(self, core: Core) -> bool:
        """Whether a poll now would find nothing."""
        return self._nic.next_ready_ps() > core.now_ps

    def _tell(self, core: Core, frames: list[Frame]) -> None:
        ring, emit = self._ring, self._recorder.emit
        first = ring.next_to_clean - len(frames)
        for offset, frame in enumerate(frames):
            slot = (first + offset) % ring.size
            emit(DescriptorCleaned(core.now_ps, ring.queue, frame.packet, slot))
        emit(BurstReceived(core.now_ps, core.number, ring.queue, len(frames), BURST_SIZE))
        emit(RingRefilled(core.now_ps, ring.queue, len(frames)))
