"""Frames off a receive ring one by one, each slot given another buffer at once, as drivers once did."""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.packet.frame import Frame
from kbview.tape.events import DescriptorCleaned, RingRefilled


class FrameTaker:
    """One queue's."""

    def __init__(self, machine: Machine, queue: RxQueue) -> None:
        self._queue = queue
        self._recorder = machine.recorder
        self._receive = machine.prices.sequence("descriptor_read", "first_touch")

    def take(self, core: Core) -> Frame | None:
        """The oldest frame that is done, if there is one."""
        queue = self._queue
        queue.catch_up(core.now_ps)
        ring = queue.ring
        slot = ring.next_to_clean
        frame = ring.take_done(core.now_ps - queue.moderation.dma_ps)
        if frame is None:
            return None
        emit, steps = self._recorder.emit, self._recorder.steps
        if steps:
            emit(DescriptorCleaned(core.now_ps, ring.queue, frame.packet, slot))
        core.spend(self._receive, frame.packet)
        count = ring.refill()
        if steps:
            emit(RingRefilled(core.now_ps, ring.queue, count))
        return frame
