"""Kinds of steps of the transport: the records at which each kind stops."""

from collections import deque
from collections.abc import Iterator
from itertools import islice

from kbview.state.pieces import CHUNK
from kbview.state.positions import Positions
from kbview.tape import events as ev
from kbview.tape.meter import Sample
from kbview.tape.tape import Tape

EVENT, PACKET, STAGE = "event", "packet", "stage"
STEP_KINDS = {
    EVENT: "the next thing that is told",
    PACKET: "the next arrival of a frame",
    STAGE: "the next time that a packet comes to another station",
}


class StepKind:
    """Stops of one kind along a tape. `packet`: only its events and stages, if not NO_PACKET."""

    def __init__(self, kind: str, packet: int = ev.NO_PACKET) -> None:
        self._kind = kind
        self._packet = packet

    def stops(self, tape: Tape, begin: int, end: int) -> Iterator[int]:
        """The positions after `begin` and up to `end` at which a step may stop.

        A stop is the position just after the record that makes it one.
        """
        context = max(tape.start, (begin // CHUNK - 1) * CHUNK) if self._kind == STAGE else begin
        places = Positions()
        for started in tape.opening(context):
            self._follow(started, places)
        records = islice(tape.read(context), max(0, end - context))
        for position, record in enumerate(records, max(context, tape.start) + 1):
            if self._stops_at(record, places) and position > begin:
                yield position

    def _stops_at(self, record: ev.Event, places: Positions) -> bool:
        if isinstance(record, (Sample, ev.FrameRecorded)):
            return False
        if self._kind == PACKET:
            return isinstance(record, ev.FrameArrived)
        moved = self._kind != STAGE or self._follow(record, places)
        packet = getattr(record, "packet", ev.NO_PACKET)
        return moved and self._packet in (ev.NO_PACKET, packet)

    def _follow(self, record: ev.Event, places: Positions) -> bool:
        """Whether a packet comes to a station, or to its end, with this record."""
        if isinstance(record, ev.DatapathStarted):
            places.lay(record.stations)
        packet = getattr(record, "packet", ev.NO_PACKET)
        before = places.of(packet)
        places.apply(record)
        return before != places.of(packet)

    def after(self, tape: Tape, position: int) -> int | None:
        """The next stop, if the tape has it already."""
        return next(self.stops(tape, position, tape.length), None)

    def before(self, tape: Tape, position: int) -> int | None:
        """The stop before; None when there is none on the tape."""
        end = position - 1
        while (end := tape.event_before(end)) > tape.start:
            begin = max(tape.start, (end - 1) // CHUNK * CHUNK)
            for stop in deque(self.stops(tape, begin, end), maxlen=1):
                return stop
            end = begin
        return None
