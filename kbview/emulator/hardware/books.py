"""The books: every frame is booked at its arrival and at its end.

    arrived = delivered + dropped + missed + in flight          every frame that arrived
    written = sent + unsent + leaving                           every frame that this host made

A forwarded frame is delivered when its last bit has left; an answer is a frame of its own.
counts.py counts the work in between.
"""

from collections.abc import Sequence
from operator import attrgetter, sub

from kbview.emulator.hardware.arrival import Arriving
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.running_totals import RunningTotals
from kbview.emulator.recorder import Recorder
from kbview.packet.frame import Combined, Frame
from kbview.tape.events import (
    DescriptorDone,
    FrameArrived,
    FrameMissed,
    FrameSent,
    FrameUnsent,
    PacketDelivered,
    PacketDropped,
)
from kbview.tape.handover import RECEIVERS
from kbview.tape.vocabulary import Place, Reason

# Enum members that a packet needs: a look-up in the class costs more than a call.
_NIC = Place.NIC

WIRE = Place.WIRE  # the place of delivery of a forwarded packet
_BATCH = 8192
_ARRIVED = attrgetter("arrived_ps")
_LENGTH = attrgetter("length")


class Books:
    """Counts frames, emits their events, and collects latencies."""

    def __init__(self, meters: RunningTotals, recorder: Recorder) -> None:
        self.meters = meters
        self.recorder = recorder
        self._latencies: list[int] = []  # until an application had the packet, or it had left
        self._kernel_latencies: list[int] = []  # until a protocol of this host had taken it

    # ---- arrival ---------------------------------------------------------------------------

    def arrived(
        self,
        queue: Arriving,
        frames: Sequence[Frame],
        taken: Sequence[Frame],
        ready_ps: Sequence[int],
        length: int,
    ) -> None:
        """Frames of `length` bytes together arrived at a queue; call before `taken` are in its ring.

        The frames in `taken` got a descriptor and are written from the times `ready_ps` on; the others
        are missed.
        """
        meters = self.meters
        meters.arrived += len(frames)
        meters.arrived_bytes += length
        meters.missed += len(frames) - len(taken)
        if self.recorder.milestones:
            self._tell_arrived(queue, frames, list(zip(taken, ready_ps, strict=True)))

    def _tell_arrived(
        self, queue: Arriving, frames: Sequence[Frame], taken: Sequence[tuple[Frame, int]]
    ) -> None:
        emit, ring = self.recorder.emit, queue.ring
        index = 0
        for frame in frames:
            time_ps = max(frame.arrived_ps, queue.opened_ps)
            emit(FrameArrived(time_ps, queue.number, frame.packet, frame.length))
            if index == len(taken) or frame is not taken[index][0]:
                emit(FrameMissed(time_ps, queue.number, frame.packet))
                continue
            if self.recorder.steps:
                slot = (ring.head + index) % ring.size
                done_ps = max(taken[index][1] + queue.moderation.dma_ps, queue.opened_ps)
                emit(DescriptorDone(done_ps, queue.number, frame.packet, slot))
            index += 1

    def refused(self, time_ps: int, frame: Frame, reason: Reason) -> None:
        """A check of the NIC dropped a frame before it took a descriptor."""
        meters, packet, length = self.meters, frame.packet, frame.length
        meters.arrived += 1
        meters.arrived_bytes += length
        meters.drop(_NIC, reason)
        if self.recorder.milestones:
            self.recorder.emit(FrameArrived(time_ps, 0, packet, length))
            self.recorder.emit(PacketDropped(time_ps, -1, packet, _NIC, reason, length))

    # ---- end -------------------------------------------------------------------------------

    def deliver(self, core: Core, frame: Frame, where: Place) -> None:
        """A packet has reached its addressee; every frame that it was combined from is delivered."""
        inner = frame.inner
        if inner is not None and isinstance(inner, Combined):
            for part in inner.frames:
                self._delivered(core.now_ps, core.number, part, where)
        else:
            self._delivered(core.now_ps, core.number, frame, where)

    def _delivered(self, time_ps: int, cpu: int, frame: Frame, where: Place) -> None:
        meters = self.meters
        latency_ps = time_ps - frame.arrived_ps
        meters.delivered += 1
        meters.delivered_bytes += frame.length
        if where in RECEIVERS:
            meters.forwarded += where is WIRE
            self._latencies.append(latency_ps)
        else:
            meters.consumed += 1
            self._kernel_latencies.append(latency_ps)
        if len(self._latencies) + len(self._kernel_latencies) >= _BATCH:
            self.sum_up()
        if self.recorder.milestones:
            self.recorder.emit(
                PacketDelivered(time_ps, cpu, frame.packet, where, frame.length, latency_ps)
            )

    def deliver_run(self, frames: Sequence[Frame], ends_ps: Sequence[int]) -> None:
        """As `deliver`, for frames that reached the application at `ends_ps`; without events."""
        self.meters.delivered += len(frames)
        self.meters.delivered_bytes += sum(map(_LENGTH, frames))
        self._latencies.extend(map(sub, ends_ps, map(_ARRIVED, frames)))
        if len(self._latencies) >= _BATCH:
            self.sum_up()

    def drop(self, core: Core, frame: Frame, where: Place, reason: Reason) -> None:
        """Software has dropped a packet; every frame that it was combined from is dropped."""
        inner = frame.inner
        if inner is not None and isinstance(inner, Combined):
            for part in inner.frames:
                self.drop(core, part, where, reason)
            return
        self.meters.drop(where, reason)
        if self.recorder.milestones:
            self.recorder.emit(
                PacketDropped(core.now_ps, core.number, frame.packet, where, reason, frame.length)
            )

    def sent(self, time_ps: int, queue: int, frame: Frame, passed_on: bool) -> None:
        """The last bit of a frame has left the host; a forwarded frame is delivered then."""
        meters = self.meters
        meters.sent += 1
        meters.sent_bytes += frame.length
        if self.recorder.milestones:
            self.recorder.emit(FrameSent(time_ps, queue, frame.packet, frame.length))
        if passed_on:
            self._delivered(time_ps, -1, frame, WIRE)

    def give_up(self, core: Core, frame: Frame, where: Place, reason: Reason, passed_on: bool) -> None:
        """A frame to be sent was dropped: its queue or its ring was full."""
        if passed_on:
            self.drop(core, frame, where, reason)
            return
        self.meters.unsent += 1
        if self.recorder.milestones:
            self.recorder.emit(
                FrameUnsent(core.now_ps, core.number, frame.packet, where, reason, frame.length)
            )

    def sum_up(self) -> None:
        """Bring the latency histograms up to date."""
        self.meters.latency.add(self._latencies)
        self.meters.kernel_latency.add(self._kernel_latencies)
        self._latencies.clear()
        self._kernel_latencies.clear()
