"""The books: what became of every frame. Whoever ends a frame's journey says so here.

    arrived = delivered + dropped + missed + in flight          every frame that came
    written = sent + unsent + leaving                           every frame that this host put out

A frame that is passed on is delivered when its last bit has left; an answer is a frame of its own.
"""

from collections.abc import Sequence
from operator import attrgetter, sub

from kbview.emulator.hardware.core import Core
from kbview.emulator.recorder import Recorder
from kbview.packet.frame import Combined, Frame
from kbview.tape.events import FrameSent, FrameUnsent, PacketDelivered, PacketDropped
from kbview.tape.meter import Meters

WIRE = "wire"  # where a packet is delivered that was passed on
_BATCH = 8192
_ARRIVED = attrgetter("arrived_ps")
_LENGTH = attrgetter("length")


class Books:
    """Counts, tells, and gathers latencies."""

    def __init__(self, meters: Meters, recorder: Recorder) -> None:
        self.meters = meters
        self.recorder = recorder
        self._latencies: list[int] = []

    def deliver(self, core: Core, frame: Frame, where: str) -> None:
        """A packet has reached who it was for, with all that it was put together from."""
        inner = frame.inner
        if inner is not None and isinstance(inner, Combined):
            for part in inner.frames:
                self._delivered(core.now_ps, core.number, part, where)
        else:
            self._delivered(core.now_ps, core.number, frame, where)

    def _delivered(self, time_ps: int, cpu: int, frame: Frame, where: str) -> None:
        meters = self.meters
        latency_ps = time_ps - frame.arrived_ps
        meters.delivered += 1
        meters.delivered_bytes += frame.length
        self._latencies.append(latency_ps)
        if len(self._latencies) >= _BATCH:
            self.sum_up()
        if self.recorder.milestones:
            self.recorder.emit(
                PacketDelivered(time_ps, cpu, frame.packet, where, frame.length, latency_ps)
            )

    def deliver_run(self, frames: Sequence[Frame], ends_ps: Sequence[int]) -> None:
        """As `deliver`, for frames that reached the application at these times; meters only."""
        self.meters.delivered += len(frames)
        self.meters.delivered_bytes += sum(map(_LENGTH, frames))
        self._latencies.extend(map(sub, ends_ps, map(_ARRIVED, frames)))
        if len(self._latencies) >= _BATCH:
            self.sum_up()

    def drop(self, core: Core, frame: Frame, where: str, reason: str) -> None:
        """Software has given a packet up, with all that it was put together from."""
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
        """The last bit of a frame left the host; one that was passed on has reached its end."""
        meters = self.meters
        meters.sent += 1
        meters.sent_bytes += frame.length
        if self.recorder.milestones:
            self.recorder.emit(FrameSent(time_ps, queue, frame.packet, frame.length))
        if passed_on:
            self._delivered(time_ps, -1, frame, WIRE)

    def give_up(self, core: Core, frame: Frame, where: str, reason: str, passed_on: bool) -> None:
        """A frame on its way out will not leave: its queue or its ring was full."""
        if passed_on:
            self.drop(core, frame, where, reason)
            return
        self.meters.unsent += 1
        if self.recorder.milestones:
            self.recorder.emit(
                FrameUnsent(core.now_ps, core.number, frame.packet, where, reason, frame.length)
            )

    def sum_up(self) -> None:
        """Bring the latency histogram up to date."""
        self.meters.latency.add(self._latencies)
        self._latencies.clear()
