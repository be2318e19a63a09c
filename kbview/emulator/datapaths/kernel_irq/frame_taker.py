"""Frames off a receive ring one by one, each slot given another buffer at once, as drivers once did."""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.packet.frame import Frame


class FrameTaker:
    """One queue's."""

    def __init__(self, machine: Machine, queue: RxQueue) -> None:
        self._queue = queue
        self._counts = machine.counts
        self._receive = machine.prices.sequence("descriptor_read", "first_touch")

    def take(self, core: Core) -> Frame | None:
        """The oldest frame that is done, if there is one."""
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
