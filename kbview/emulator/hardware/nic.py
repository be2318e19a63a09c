"""The NIC: checks, DMA into the ring, and when to interrupt.

    wire -> FCS and destination MAC -> free descriptor? -> DMA frame, then descriptor -> IRQ, later

The wire is no actor: the NIC catches up with what has arrived whenever somebody looks at its ring.
A frame takes its descriptor when it arrives and is done `dma_ps` later, before any interrupt.
Moderation is the NIC's own: at least `gap_ps` between two interrupts, unless `frames` are waiting.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator
from itertools import accumulate
from operator import attrgetter

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.recorder import Recorder
from kbview.packet.frame import Flow, Frame
from kbview.tape.events import DescriptorDone, FrameArrived, FrameMissed, FrameSent, PacketDropped
from kbview.tape.meter import Meters

ADDRESS_FILTER = "ADDRESS_FILTER"
FCS_ERROR = "FCS"
_FLOWS_KNOWN = 65_536  # verdicts kept
_ARRIVED = attrgetter("arrived_ps")
_LENGTH = attrgetter("length")
_FLOW = attrgetter("flow")
_FAULT = attrgetter("fault")


class Moderation:
    """When the NIC may interrupt, in picoseconds and frames."""

    def __init__(self, gap_ps: int, frames: int, dma_ps: int, delivery_ps: int) -> None:
        self.gap_ps = gap_ps
        self.frames = frames
        self.dma_ps = dma_ps
        self.delivery_ps = delivery_ps


class Nic:
    """One port with one receive queue.

    `traffic` yields what a tap on the cable would, in order, a chunk at a time. `sent_by_us` tells
    which flows left this host; of the others, those to `own_macs` and to groups pass the filter.
    """

    def __init__(
        self,
        traffic: Iterator[list[Frame]],
        own_macs: frozenset[bytes],
        sent_by_us: Callable[[Flow], bool],
        moderation: Moderation,
        meters: Meters,
        recorder: Recorder,
    ) -> None:
        self.ring = RxRing(0, 2)
        self.moderation = moderation
        self.last_irq_ps = -NEVER_PS
        self.masked: bool | None = None  # None: nobody uses the vector
        self.exhausted = False
        self.opened_ps = 0  # what came to a closed NIC waited on the wire until then
        self._traffic = traffic
        self._own_macs = own_macs
        self._sent_by_us = sent_by_us
        self._meters = meters
        self._recorder = recorder
        self._accepted: set[Flow] = set()
        self._open = False
        self._frames: list[Frame] = []
        self._times: list[int] = [NEVER_PS]  # with a sentinel
        self._bytes: list[int] = [0]  # running sum, _bytes[i] is before frame i
        self._next = 0
        self._aside: list[Frame] = []  # sent by us, or refused
        self._next_aside = 0

    def open(self, ring: RxRing) -> None:
        """A driver gives the NIC a ring and lets traffic in."""
        self.ring = ring
        self.masked = None
        self._open = True
        if self._next >= len(self._frames):
            self._load()

    def pause(self) -> None:
        """Let nothing in; frames wait on the wire's side until the next `open`."""
        self._open = False

    @property
    def end_ps(self) -> int | None:
        """When the last frame passes that takes no descriptor; None while others are to come."""
        if not self.exhausted:
            return None
        return self._aside[-1].arrived_ps if self._aside else 0

    # ---- arrivals --------------------------------------------------------------------------

    def next_arrival_ps(self) -> int:
        """When the next frame for this host will be there; NEVER_PS when none will."""
        return self._times[self._next] if self._open else NEVER_PS

    def next_ready_ps(self) -> int:
        """When the driver will next find a done descriptor."""
        frames = self.ring.frames
        first_ps = frames[0].arrived_ps if frames else self.next_arrival_ps()
        return first_ps + self.moderation.dma_ps if first_ps < NEVER_PS else NEVER_PS

    def catch_up(self, now_ps: int) -> None:
        """Take in everything that has arrived by now."""
        if not self._open:
            return
        while self._times[self._next] <= now_ps:
            self._claim(bisect_right(self._times, now_ps, self._next))
            if self._next == len(self._frames):
                self._pass_aside(now_ps)
                self._load()
        self._pass_aside(now_ps)

    def _claim(self, stop: int) -> None:
        """Frames up to `stop` have arrived: descriptors for as many as there are, the rest missed."""
        start, self._next = self._next, stop
        meters, ring = self._meters, self.ring
        count = stop - start
        meters.arrived += count
        meters.arrived_bytes += self._bytes[stop] - self._bytes[start]
        took = min(count, ring.free)
        meters.missed += count - took
        if self._recorder.milestones:
            self._tell_arrivals(start, start + took, stop)
        ring.claim(self._frames[start : start + took])

    def _tell_arrivals(self, start: int, missed: int, stop: int) -> None:
        emit, ring, queue, opened_ps = self._recorder.emit, self.ring, self.ring.queue, self.opened_ps
        for index in range(start, stop):
            frame = self._frames[index]
            time_ps = max(frame.arrived_ps, opened_ps)
            emit(FrameArrived(time_ps, queue, frame.packet, frame.length))
            if index >= missed:
                emit(FrameMissed(time_ps, queue, frame.packet))
            elif self._recorder.steps:
                slot = (ring.head + index - start) % ring.size
                done_ps = max(frame.arrived_ps + self.moderation.dma_ps, opened_ps)
                emit(DescriptorDone(done_ps, queue, frame.packet, slot))

    # ---- frames that take no descriptor ----------------------------------------------------

    def _load(self) -> None:
        """Fetch chunks until one has a frame for this host, or the traffic ends."""
        mine: list[Frame] = []
        while not mine and (chunk := next(self._traffic, None)) is not None:
            mine = self._sort(chunk)
        self.exhausted = not mine
        self._frames = mine
        self._next = 0
        self._times = [*map(_ARRIVED, mine), NEVER_PS]
        self._bytes = [0, *accumulate(map(_LENGTH, mine))]

    def _sort(self, chunk: list[Frame]) -> list[Frame]:
        """Keep what is for this host; put aside what it sent and what the checks refuse."""
        if len(self._accepted) > _FLOWS_KNOWN:
            self._accepted.clear()
        new = set(map(_FLOW, chunk)) - self._accepted
        self._accepted.update(flow for flow in new if self._accepts(flow))
        if new <= self._accepted and not any(map(_FAULT, chunk)):
            return chunk
        mine: list[Frame] = []
        for frame in chunk:
            ours = frame.flow in self._accepted and frame.fault != FCS_ERROR
            (mine if ours else self._aside).append(frame)
        return mine

    def _accepts(self, flow: Flow) -> bool:
        if self._sent_by_us(flow):
            return False
        to = flow.destination_mac
        return to in self._own_macs or bool(to[0] & 1)

    def _pass_aside(self, now_ps: int) -> None:
        aside = self._aside
        while self._next_aside < len(aside) and aside[self._next_aside].arrived_ps <= now_ps:
            self._account_aside(aside[self._next_aside])
            self._next_aside += 1
        if self._next_aside and self._next_aside == len(aside):
            aside.clear()
            self._next_aside = 0

    def _account_aside(self, frame: Frame) -> None:
        meters, recorder = self._meters, self._recorder
        time_ps, packet, length = max(frame.arrived_ps, self.opened_ps), frame.packet, frame.length
        if self._sent_by_us(frame.flow):
            meters.sent += 1
            meters.sent_bytes += length
            if recorder.milestones:
                recorder.emit(FrameSent(time_ps, 0, packet, length))
            return
        reason = FCS_ERROR if frame.fault == FCS_ERROR else ADDRESS_FILTER
        meters.arrived += 1
        meters.arrived_bytes += length
        meters.drop("nic", reason)
        if recorder.milestones:
            recorder.emit(FrameArrived(time_ps, 0, packet, length))
            recorder.emit(PacketDropped(time_ps, -1, packet, "nic", reason, length))

    # ---- interrupts ------------------------------------------------------------------------

    def next_irq_ps(self, now_ps: int) -> int:
        """When a vector unmasked now reaches its core; NEVER_PS if no traffic is left to raise it."""
        ready_ps = self.next_ready_ps()
        if ready_ps >= NEVER_PS:
            return NEVER_PS
        moderation = self.moderation
        allowed_ps = self.last_irq_ps + moderation.gap_ps
        if ready_ps < allowed_ps and moderation.frames:
            allowed_ps = min(allowed_ps, self._filled_ps(moderation.frames))
        return max(ready_ps, allowed_ps, now_ps) + moderation.delivery_ps

    def _filled_ps(self, frames: int) -> int:
        """When `frames` will be waiting, of those that are known."""
        beyond = self._next + frames - len(self.ring.frames) - 1
        if beyond < self._next:
            return self.last_irq_ps
        return self._times[min(beyond, len(self._times) - 1)] + self.moderation.dma_ps
