"""The books: every frame is booked at its arrival and at its end.

    arrived = delivered + dropped + missed + in flight          every frame that arrived
    written = sent + unsent + leaving                           every frame that this host made

A forwarded frame is delivered when its last bit has left; an answer is a frame of its own.
counts.py counts the work in between.

A core ends a step after the time that the others are brought to, so it books later times. The books
keep these back until their time has come: a sample between has every frame where it was.

      last bit       sample                   the core's clock
    ------+--------------|--------------------------+---->
          arrived        still in flight            delivered
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.arrival import Arriving
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.running_totals import RunningTotals
from kbview.emulator.recorder import Recorder
from kbview.packet.frame import Combined, Frame
from kbview.tape.events import DescriptorDone, FrameUnsent
from kbview.tape.handover import RECEIVERS
from kbview.tape.vocabulary import Place, Reason

# What a packet needs: a look-up in an enumeration or another module costs more than a call.
_NIC = Place.NIC
_RECEIVERS = RECEIVERS

WIRE = Place.WIRE  # the place of delivery of a forwarded packet
_BATCH = 8192


class Entry(NamedTuple):
    """An entry with a later time: `enter` makes it, and takes `frames` out of those in flight."""

    time_ps: int
    frames: int
    enter: Callable[[], None]


class Books:
    """Counts frames, emits their events, and collects latencies.

    `until_ps` is the time up to which entries count. `misses` says whether the NIC has missed a frame,
    counted or not.
    """

    def __init__(self, meters: RunningTotals, recorder: Recorder) -> None:
        self.meters = meters
        self.recorder = recorder
        self.until_ps = NEVER_PS
        self.misses = False
        self._later: list[Entry] = []
        self._latencies: list[int] = []  # until an application had the packet, or it had left
        self._kernel_latencies: list[int] = []  # until a protocol of this host had taken it

    # ---- time ------------------------------------------------------------------------------

    def count_until(self, until_ps: int) -> None:
        """Make the entries up to a time; entries with a later time wait from now on."""
        self.until_ps = until_ps
        if self._later:
            due = [entry for entry in self._later if entry.time_ps <= until_ps]
            self._later = [entry for entry in self._later if entry.time_ps > until_ps]
            for entry in due:
                entry.enter()

    @property
    def kept_back(self) -> int:
        """Frames with an end that does not count yet, less frames with such an arrival."""
        return sum(entry.frames for entry in self._later)

    def _enter_later(self, time_ps: int, frames: int, enter: Callable[[], None]) -> None:
        self._later.append(Entry(time_ps, frames, enter))

    # ---- arrival ---------------------------------------------------------------------------

    def arrived(
        self,
        queue: Arriving,
        frames: list[Frame],
        taken: list[Frame],
        ready_ps: list[int],
        length: int,
    ) -> None:
        """Frames of `length` bytes together arrived at a queue; call before `taken` are in its ring.

        The frames in `taken` got a descriptor and are written from the times `ready_ps` on; the others
        are missed.
        """
        missed = len(frames) - len(taken)
        if missed:
            self.misses = True
        if frames[-1].arrived_ps > self.until_ps:
            self._arrive_later(frames, taken)
        else:
            self._count_arrived(len(frames), length, missed)
        if self.recorder.milestones:
            self._tell_arrived(queue, frames, taken, ready_ps)

    def _count_arrived(self, frames: int, length: int, missed: int) -> None:
        meters = self.meters
        meters.arrived += frames
        meters.arrived_bytes += length
        meters.missed += missed

    def _arrive_later(self, frames: Sequence[Frame], taken: Sequence[Frame]) -> None:
        """The last of these frames come after the time that counts."""
        got = {frame.packet for frame in taken}
        for frame in frames:
            missed = frame.packet not in got
            enter = partial(self._count_arrived, 1, frame.length, missed)
            if frame.arrived_ps > self.until_ps:
                self._enter_later(frame.arrived_ps, missed - 1, enter)
            else:
                enter()

    def _tell_arrived(
        self, queue: Arriving, frames: list[Frame], taken: list[Frame], ready_ps: list[int]
    ) -> None:
        recorder, ring, number, opened_ps = self.recorder, queue.ring, queue.number, queue.opened_ps
        index = 0
        for frame in frames:
            time_ps = max(frame.arrived_ps, opened_ps)
            recorder.arrived.add(time_ps, number, frame.packet, frame.length)
            if index == len(taken) or frame is not taken[index]:
                recorder.missed.add(time_ps, number, frame.packet)
                continue
            if recorder.steps:
                slot = (ring.head + index) % ring.size
                done_ps = max(ready_ps[index] + queue.moderation.dma_ps, opened_ps)
                recorder.emit(DescriptorDone(done_ps, number, frame.packet, slot))
            index += 1

    def refused(self, time_ps: int, frame: Frame, reason: Reason) -> None:
        """A check of the NIC dropped a frame before it took a descriptor."""
        packet, length = frame.packet, frame.length
        if time_ps > self.until_ps:
            self._enter_later(time_ps, 0, partial(self._count_refused, length, reason))
        else:
            self._count_refused(length, reason)
        if self.recorder.milestones:
            recorder = self.recorder
            recorder.arrived.add(time_ps, 0, packet, length)
            recorder.dropped.add(time_ps, -1, packet, _NIC, reason, length)

    def _count_refused(self, length: int, reason: Reason) -> None:
        self._count_arrived(1, length, 0)
        self.meters.drop(_NIC, reason)

    # ---- end -------------------------------------------------------------------------------

    def deliver(self, core: Core, frame: Frame, where: Place) -> None:
        """A packet has reached its addressee; every frame that it was combined from is delivered."""
        inner = frame.inner
        if inner is not None and isinstance(inner, Combined):
            for part in inner.frames:
                self._delivered(core.now_ps, core.number, part, where)
            return
        now_ps = core.now_ps
        if now_ps > self.until_ps or self.recorder.milestones:
            self._delivered(now_ps, core.number, frame, where)
        else:
            self._count_delivered(frame.length, now_ps - frame.arrived_ps, where)

    def _delivered(self, time_ps: int, cpu: int, frame: Frame, where: Place) -> None:
        latency_ps = time_ps - frame.arrived_ps
        if time_ps > self.until_ps:
            enter = partial(self._count_delivered, frame.length, latency_ps, where)
            self._enter_later(time_ps, 1, enter)
        else:
            self._count_delivered(frame.length, latency_ps, where)
        if self.recorder.milestones:
            self.recorder.delivered.add(time_ps, cpu, frame.packet, where, frame.length, latency_ps)

    def _count_delivered(self, length: int, latency_ps: int, where: Place) -> None:
        meters = self.meters
        meters.delivered += 1
        meters.delivered_bytes += length
        if where in _RECEIVERS:
            meters.forwarded += where is WIRE
            latencies = self._latencies
        else:
            meters.consumed += 1
            latencies = self._kernel_latencies
        latencies.append(latency_ps)
        if len(latencies) >= _BATCH:
            self.sum_up()

    def deliver_run(self, frames: Sequence[Frame], ends_ps: Sequence[int]) -> None:
        """As `deliver`, for frames that reached the application at `ends_ps`; without events.

        The ends ascend.
        """
        if ends_ps[-1] > self.until_ps:
            count = bisect_right(ends_ps, self.until_ps)
            late = [(frames[index : index + 1], ends_ps[index]) for index in range(count, len(frames))]
            for one, end_ps in late:
                self._enter_later(end_ps, 1, partial(self._count_run, one, (end_ps,)))
            frames, ends_ps = frames[:count], ends_ps[:count]
        self._count_run(frames, ends_ps)

    def _count_run(self, frames: Sequence[Frame], ends_ps: Sequence[int]) -> None:
        self.meters.delivered += len(frames)
        self.meters.delivered_bytes += sum([frame.length for frame in frames])
        self._latencies += [
            end_ps - frame.arrived_ps for end_ps, frame in zip(ends_ps, frames, strict=True)
        ]
        if len(self._latencies) >= _BATCH:
            self.sum_up()

    def drop(self, core: Core, frame: Frame, where: Place, reason: Reason) -> None:
        """Software has dropped a packet; every frame that it was combined from is dropped."""
        inner = frame.inner
        if inner is not None and isinstance(inner, Combined):
            for part in inner.frames:
                self.drop(core, part, where, reason)
            return
        if core.now_ps > self.until_ps:
            self._enter_later(core.now_ps, 1, partial(self.meters.drop, where, reason))
        else:
            self.meters.drop(where, reason)
        if self.recorder.milestones:
            self.recorder.dropped.add(
                core.now_ps, core.number, frame.packet, where, reason, frame.length
            )

    def drop_run(self, count: int, where: Place, reason: Reason) -> None:
        """As `drop`, for `count` single packets by the time that counts; without events."""
        self.meters.drop(where, reason, count)

    def sent(self, time_ps: int, queue: int, frame: Frame, passed_on: bool) -> None:
        """The last bit of a frame has left the host; a forwarded frame is delivered then."""
        if time_ps > self.until_ps:
            self._enter_later(time_ps, 0, partial(self._count_sent, frame.length))
        else:
            self._count_sent(frame.length)
        if self.recorder.milestones:
            self.recorder.sent.add(time_ps, queue, frame.packet, frame.length)
        if passed_on:
            self._delivered(time_ps, -1, frame, WIRE)

    def _count_sent(self, length: int) -> None:
        meters = self.meters
        meters.sent += 1
        meters.sent_bytes += length

    def give_up(self, core: Core, frame: Frame, where: Place, reason: Reason, passed_on: bool) -> None:
        """A frame to be sent was dropped: its queue or its ring was full."""
        if passed_on:
            self.drop(core, frame, where, reason)
            return
        if core.now_ps > self.until_ps:
            self._enter_later(core.now_ps, 0, self._count_unsent)
        else:
            self._count_unsent()
        if self.recorder.milestones:
            self.recorder.emit(
                FrameUnsent(core.now_ps, core.number, frame.packet, where, reason, frame.length)
            )

    def _count_unsent(self) -> None:
        self.meters.unsent += 1

    def sum_up(self) -> None:
        """Bring the latency histograms up to date."""
        self.meters.latency.add(self._latencies)
        self.meters.kernel_latency.add(self._kernel_latencies)
        self._latencies.clear()
        self._kernel_latencies.clear()
