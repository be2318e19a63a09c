"""Ledgers: the events of frames at milestones, a list for each field of a class.

    FrameArrived    times | queues | packets | lengths
    FrameMissed     times | queues | packets
    FrameSent       times | queues | packets | lengths
    PacketDropped   times | cpus   | packets | places | reasons | lengths
    PacketDelivered times | cpus   | packets | places | lengths | latencies

Frames make most of the events at milestones. An object for each would take half of a recording's time,
although a tape file keeps columns. At the finest detail a ledger makes objects at once.
"""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from kbview.tape.event import Event
from kbview.tape.events import FrameArrived, FrameMissed, FrameSent, PacketDelivered, PacketDropped
from kbview.tape.vocabulary import Place, Reason


class Ledger(ABC):
    """Events of class `kind`. `emit` takes them as objects; None: they are kept as columns."""

    def __init__(self, kind: type[Event]) -> None:
        self.kind = kind
        self.emit: Callable[[Event], None] | None = None
        self.columns: list[list[Any]] = self.begin()

    @abstractmethod
    def begin(self) -> list[list[Any]]:
        """Begin with empty columns; returns them, in the order of the fields."""

    def take(self, until_ps: int) -> list[list[Any]]:
        """Remove the events up to a time: a column for each field, in time order."""
        taken = self.columns
        times = taken[0]
        ordered = sorted(times)
        if times != ordered:
            taken = _in_order(taken)
        self.columns = self.begin()
        if ordered and ordered[-1] > until_ps:
            count = bisect_right(ordered, until_ps)
            for kept, left in zip(self.columns, taken, strict=True):
                kept.extend(left[count:])
                del left[count:]
        return taken


def _in_order(columns: list[list[Any]]) -> list[list[Any]]:
    """The columns in time order; events of the same time stay as they are."""
    order = sorted(range(len(columns[0])), key=columns[0].__getitem__)
    return [[column[place] for place in order] for column in columns]


class FrameLedger(Ledger):
    """Frames that a port received, or sent."""

    def __init__(self, kind: type[FrameArrived | FrameSent]) -> None:
        super().__init__(kind)
        self._made = kind

    def begin(self) -> list[list[Any]]:
        self._times: list[int] = []
        self._queues: list[int] = []
        self._packets: list[int] = []
        self._lengths: list[int] = []
        return [self._times, self._queues, self._packets, self._lengths]

    def add(self, time_ps: int, queue: int, packet: int, length: int) -> None:
        """Tell of a frame."""
        if self.emit is not None:
            self.emit(self._made(time_ps, queue, packet, length))
            return
        self._times.append(time_ps)
        self._queues.append(queue)
        self._packets.append(packet)
        self._lengths.append(length)


class MissLedger(Ledger):
    """Frames for which the NIC had no descriptor."""

    def begin(self) -> list[list[Any]]:
        self._times: list[int] = []
        self._queues: list[int] = []
        self._packets: list[int] = []
        return [self._times, self._queues, self._packets]

    def add(self, time_ps: int, queue: int, packet: int) -> None:
        """Tell of a frame."""
        if self.emit is not None:
            self.emit(FrameMissed(time_ps, queue, packet))
            return
        self._times.append(time_ps)
        self._queues.append(queue)
        self._packets.append(packet)


class DropLedger(Ledger):
    """Packets that were given up."""

    def begin(self) -> list[list[Any]]:
        self._times: list[int] = []
        self._cpus: list[int] = []
        self._packets: list[int] = []
        self._places: list[Place] = []
        self._reasons: list[Reason] = []
        self._lengths: list[int] = []
        ends: list[list[Any]] = [self._places, self._reasons, self._lengths]
        return [self._times, self._cpus, self._packets, *ends]

    def add(
        self, time_ps: int, cpu: int, packet: int, where: Place, reason: Reason, length: int
    ) -> None:
        """Tell of a packet."""
        if self.emit is not None:
            self.emit(PacketDropped(time_ps, cpu, packet, where, reason, length))
            return
        self._times.append(time_ps)
        self._cpus.append(cpu)
        self._packets.append(packet)
        self._places.append(where)
        self._reasons.append(reason)
        self._lengths.append(length)


class DeliveryLedger(Ledger):
    """Packets that reached their addressee."""

    def begin(self) -> list[list[Any]]:
        self._times: list[int] = []
        self._cpus: list[int] = []
        self._packets: list[int] = []
        self._places: list[Place] = []
        self._lengths: list[int] = []
        self._latencies: list[int] = []
        ends: list[list[Any]] = [self._places, self._lengths, self._latencies]
        return [self._times, self._cpus, self._packets, *ends]

    def add(
        self, time_ps: int, cpu: int, packet: int, where: Place, length: int, latency_ps: int
    ) -> None:
        """Tell of a packet."""
        if self.emit is not None:
            self.emit(PacketDelivered(time_ps, cpu, packet, where, length, latency_ps))
            return
        self._times.append(time_ps)
        self._cpus.append(cpu)
        self._packets.append(packet)
        self._places.append(where)
        self._lengths.append(length)
        self._latencies.append(latency_ps)
