"""Arrivals at a receive queue: who knows of them ahead, and what the tape hears of each."""

from collections.abc import Sequence
from typing import Protocol

from kbview.emulator.hardware.bus import Bus
from kbview.emulator.hardware.moderation import Moderation
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.recorder import Recorder
from kbview.packet.frame import Frame
from kbview.tape.events import DescriptorDone, FrameArrived, FrameMissed


class Supply(Protocol):
    """Who knows what comes next: the port. `loaded_ps`: up to when all arrivals are known."""

    loaded_ps: int
    opened_ps: int
    bus: Bus

    def load(self, now_ps: int) -> None:
        """Make more arrivals known."""


class Arriving(Protocol):
    """A receive queue, as far as this asks. Arrivals are told before they are in its ring."""

    number: int
    ring: RxRing
    moderation: Moderation

    @property
    def opened_ps(self) -> int:
        """When its NIC was opened: what came before waited on the wire."""


def tell(
    recorder: Recorder,
    queue: Arriving,
    frames: Sequence[Frame],
    taken: Sequence[tuple[Frame, int]],
) -> None:
    """Each of `frames` arrived; those `taken` got a descriptor and are written from then on."""
    emit, ring = recorder.emit, queue.ring
    index = 0
    for frame in frames:
        time_ps = max(frame.arrived_ps, queue.opened_ps)
        emit(FrameArrived(time_ps, queue.number, frame.packet, frame.length))
        if index == len(taken) or frame is not taken[index][0]:
            emit(FrameMissed(time_ps, queue.number, frame.packet))
            continue
        if recorder.steps:
            slot = (ring.head + index) % ring.size
            done_ps = max(taken[index][1] + queue.moderation.dma_ps, queue.opened_ps)
            emit(DescriptorDone(done_ps, queue.number, frame.packet, slot))
        index += 1
