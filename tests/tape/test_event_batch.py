"""Batches of events: a writer that takes columns tells what it tells of objects."""

from collections.abc import Sequence
from random import Random

import msgspec
import pytest

from kbview.cli.recording import WrittenTape
from kbview.tape import events as ev
from kbview.tape.chunk import MOST_RECORDS
from kbview.tape.detail import Detail
from kbview.tape.event_batch import BatchTable, EventBatch
from kbview.tape.kbt.columns import Columns, unpack
from kbview.tape.kbt.gathering import Gathering
from kbview.tape.kbt.schema import SCHEMA
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.meter import Meters, Sample
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import DropReason, Place
from tests.tape.small import HEADER, opened, same


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
    return sorted(told, key=lambda event: (event.time_ps, type(event).__name__))


def batch(told: Sequence[ev.Event]) -> EventBatch:
    """The events as a batch, its tables in the order of their names."""
    kinds = sorted({type(event) for event in told}, key=lambda kind: kind.__name__)
    tables = []
    for kind in kinds:
        own = [event for event in told if type(event) is kind]
        columns = [[getattr(event, name) for event in own] for name in kind.__struct_fields__]
        tables.append(BatchTable(kind, columns))
    return EventBatch(tables)


def test_a_batch_and_all_its_parts_are_the_events() -> None:
    told = events(60)
    assert batch(told).events() == told
    for start in range(0, 61, 7):
        for end in range(start, 61):
            part, rest = batch(told[start:]).cut(end - start)
            assert part.events() == told[start:end]
            assert rest.events() == told[end:]
            assert part.length == end - start
            assert part.times() == [event.time_ps for event in told[start:end]]
            assert [part.tables[place].kind for place in part.order()] == [
                type(event) for event in told[start:end]
            ]


def recorded(counts: Sequence[int], detail: Detail, *, batches: bool, others: bool) -> bytes:
    """A tape of so many events, told as batches or one by one, with a sample behind each batch.

    `others`: an event of another class stands before each sample.
    """
    data = bytearray()
    writer = TapeWriter(data.extend, HEADER)
    writer.extend([Sample(0, Meters(), detail)])
    for count in counts:
        told = events(count, writer.end_ps)
        if batches:
            writer.extend_batch(batch(told))
        else:
            writer.extend(told)
        if others:
            writer.extend([ev.IrqRaised(writer.end_ps, 0, 0)])
        writer.extend([Sample(writer.end_ps, Meters(), detail)])
    writer.close()
    return bytes(data)


COUNTS = (1, 5000, 5000, 20_000, 3, 300)


@pytest.mark.parametrize("others", [False, True])
@pytest.mark.parametrize("detail", [Detail.MILESTONES, Detail.STEPS])
def test_a_tape_of_batches_tells_the_events_in_the_same_chunks(detail: Detail, others: bool) -> None:
    """Chunks end inside of batches; samples stand between them; at steps the key frame counts."""
    tapes = [opened(recorded(COUNTS, detail, batches=each, others=others)) for each in (True, False)]
    batched, single = (list(tape.read(0)) for tape in tapes)
    assert same(batched, single)
    assert tapes[0].length > 3 * MOST_RECORDS
    for position in range(0, tapes[0].length, 1000):
        assert same(list(tapes[0].opening(position)), list(tapes[1].opening(position)))


def test_a_chunk_with_other_events_is_that_of_events_bit_for_bit() -> None:
    """Once the order is kept, it is kept for the batches before as well."""
    batched = recorded((1, 30, 40), Detail.MILESTONES, batches=True, others=True)
    assert batched == recorded((1, 30, 40), Detail.MILESTONES, batches=False, others=True)


def test_a_chunk_of_batches_alone_keeps_no_order() -> None:
    """Format: the tables have times of their own; a table without events is not written."""
    made = Gathering()
    made.add_batch(EventBatch([*batch(events(400)).tables, BatchTable(ev.FrameSent, [[]] * 4)]))
    data = b"".join(part.data for part in made.pack())
    found = msgspec.msgpack.decode(data, type=Columns)
    assert not found.order
    assert not found.times
    assert list(found.tables) == ["FrameArrived", "PacketDelivered", "PacketDropped"]
    for raw in found.tables.values():
        assert "time_ps" in msgspec.msgpack.decode(raw)
    assert unpack(found, SCHEMA) == events(400)


def test_events_at_the_moment_at_which_the_batch_before_ends_stay_behind_it() -> None:
    """A delivery and a sample at 7 ps, then an arrival at 7 ps, whose table is an earlier one."""
    told = [ev.FrameArrived(5, 0, 1, 64), ev.PacketDelivered(7, 1, 1, Place.APP, 64, 2)]
    late = [ev.FrameArrived(7, 0, 2, 64), ev.PacketDelivered(9, 1, 2, Place.APP, 64, 2)]
    sample = Sample(7, Meters(), Detail.MILESTONES)
    data = bytearray()
    writer = TapeWriter(data.extend, HEADER)
    writer.extend_batch(batch(told))
    writer.extend([sample])
    writer.extend_batch(batch(late))
    writer.close()
    assert same(list(opened(bytes(data)).read(0)), [*told, sample, *late])


def test_classes_that_another_batch_has_are_told_in_order() -> None:
    """A batch without arrivals, then one with them, in one chunk."""
    data = bytearray()
    writer = TapeWriter(data.extend, HEADER)
    first = [ev.PacketDelivered(7, 1, 1, Place.APP, 64, 2)]
    writer.extend_batch(batch(first))
    writer.extend_batch(batch(rest := events(50, 8)))
    writer.close()
    assert list(opened(bytes(data)).read(0)) == [*first, *rest]


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
        tape.extend_batch(EventBatch([]))
        told = events(20, 400)
        tape.extend_batch(batch(told)) if batches else tape.extend(told)
        tape.extend([ev.SourceEnded(10**9, "")])
        assert tape.ended
        tapes.append(data)
    assert tapes[0] == tapes[1]
