"""A ring in memory with one producer and one consumer, such as the four rings of an AF_XDP socket."""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import RingKind


class SharedRing:
    """`filled` counts the entries in the ring; each change emits an event."""

    def __init__(self, machine: Machine, kind: RingKind, queue: int, size: int) -> None:
        self.kind = kind
        self.size = size
        self.filled = 0
        self._queue = queue
        self._counts = machine.counts
        self._recorder = machine.recorder

    def produce(self, core: Core, count: int) -> None:
        """Add entries; the caller has checked that they fit."""
        self.filled += count
        if self._recorder.steps:
            self._counts.ring_produced(core, self.kind, self._queue, count, self.filled)

    def consume(self, core: Core, count: int) -> None:
        """Remove entries; the caller has checked that they are present."""
        self.filled -= count
        if self._recorder.steps:
            self._counts.ring_consumed(core, self.kind, self._queue, count, self.filled)

    @property
    def room(self) -> int:
        """Entries that can still be put in."""
        return self.size - self.filled

    def meter(self) -> RingMeter:
        """The level of the ring."""
        return RingMeter(self._queue, self.size, done=self.filled, kind=self.kind)
