"""Batches of events: a writer that takes columns writes what it writes of objects."""

from collections.abc import Sequence
from random import Random

import pytest

from kbview.cli.recording import WrittenTape
from kbview.tape import events as ev
from kbview.tape.chunk import MOST_RECORDS
from kbview.tape.detail import Detail
from kbview.tape.event_batch import BatchTable, EventBatch
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.meter import Meters, Sample
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import DropReason, Place
from tests.tape.small import HEADER, opened


def events(count: int, begin_ps: int = 0) -> list[ev.Event]:
    """Arrivals, deliveries and drops in time order, some at the same time."""
    random, told, time_ps = Random(count), list[ev.Event](), begin_ps
    for packet in range(count):
        time_ps += random.choice((0, 7, random.randrange(10**6)))
        kind = random.randrange(3)
        if kind == 0:
            told.append(ev.FrameArrived(time_ps, 0, packet, 64))
        elif kind == 1:
            told.append(ev.PacketDelivered(time_ps, 1, packet, Place.APP, 64, random.randrange(10**9)))
        else:
            told.append(ev.PacketDropped(time_ps, 1, packet, Place.NIC, DropReason.FCS, 64))
    return told


def batch(told: Sequence[ev.Event]) -> EventBatch:
    """The events as a batch, its tables in the order of their names."""
    kinds = sorted({type(event) for event in told}, key=lambda kind: kind.__name__)
    tables = []
    for kind in kinds:
        own = [event for event in told if type(event) is kind]
        columns = [[getattr(event, name) for event in own] for name in kind.__struct_fields__]
        tables.append(BatchTable(kind, columns))
    order = bytes(kinds.index(type(event)) for event in told)
    return EventBatch(order, [event.time_ps for event in told], tables)


def test_a_batch_and_all_its_parts_are_the_events() -> None:
    told = events(60)
    assert batch(told).events() == told
    for start in range(0, 61, 7):
        for end in range(start, 61):
            part = batch(told).part(start, end)
            assert part.events() == told[start:end]
            assert part.length == end - start
            assert part.times == [event.time_ps for event in told[start:end]]


@pytest.mark.parametrize("detail", [Detail.MILESTONES, Detail.STEPS])
def test_a_tape_of_batches_is_that_of_events_bit_for_bit(detail: Detail) -> None:
    """Chunks end inside of batches; samples stand between them; at steps the key frame counts."""
    tapes = []
    for batches in (True, False):
        data = bytearray()
        writer = TapeWriter(data.extend, HEADER)
        writer.extend([Sample(0, Meters(), detail)])
        for count in (1, 5000, 5000, 20_000, 3, 300):
            told = events(count, writer.end_ps)
            if batches:
                writer.extend_batch(batch(told))
            else:
                writer.extend(told)
            writer.extend([ev.IrqRaised(writer.end_ps, 0, 0), Sample(writer.end_ps, Meters(), detail)])
        writer.close()
        tapes.append(bytes(data))
    assert tapes[0] == tapes[1]
    assert opened(tapes[0]).length > 3 * MOST_RECORDS


def test_a_batch_that_is_older_than_the_tape_is_refused() -> None:
    writer = TapeWriter(bytearray().extend, HEADER)
    writer.extend([ev.IrqRaised(10, 0, 0)])
    with pytest.raises(ValueError, match="FrameArrived at 3 ps is older"):
        writer.extend_batch(batch([ev.FrameArrived(3, 0, 0, 64), ev.FrameArrived(12, 0, 1, 64)]))


def test_a_tape_in_memory_holds_the_events_of_a_batch() -> None:
    tape, told = Tape(), events(500)
    tape.extend_batch(batch(told))
    assert list(tape.read(0)) == told


def test_a_batch_ends_a_silence_as_its_events_do() -> None:
    """The last sample of a silence is written before the batch, and an empty batch ends none."""
    tapes = []
    for batches in (True, False):
        data = bytearray()
        tape = WrittenTape(TapeWriter(data.extend, HEADER), 10)
        tape.extend([Sample(time_ps, Meters(), Detail.MILESTONES) for time_ps in range(0, 300, 10)])
        tape.extend_batch(EventBatch(b"", [], []))
        told = events(20, 400)
        tape.extend_batch(batch(told)) if batches else tape.extend(told)
        tape.extend([ev.SourceEnded(10**9, "")])
        assert tape.ended
        tapes.append(data)
    assert tapes[0] == tapes[1]
