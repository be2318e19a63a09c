"""A leap costs the same on a tape of any length, however often the datapath was switched on it."""

import random

import pytest

from kbview.state.pieces import CHUNK
from kbview.state.rebuild import rebuild
from kbview.state.state import State
from kbview.state.step_kinds import EVENT, STEP_KINDS, StepKind
from kbview.tape import events as ev
from kbview.tape.chunk import MOST_RECORDS, Chunk
from kbview.tape.detail import Detail
from kbview.tape.kbt import recording
from kbview.tape.meter import Meters, Sample
from kbview.tape.tape import Tape
from tests.tape.small import opened, written

NAMES = ("kernel", "dpdk", "netmap")
SAMPLED = 100
EVERY_PS = 1000  # between samples
STRETCH = 3_000  # records between switches
COLUMN_PS = 3 * EVERY_PS


def told(count: int) -> list[ev.Event]:
    """A sample each SAMPLED records, and a switch of the datapath each STRETCH records."""
    records: list[ev.Event] = []
    for number in range(count):
        time_ps = number * EVERY_PS // SAMPLED
        if number % STRETCH == STRETCH // 2 + 1:
            name = NAMES[number // STRETCH % len(NAMES)]
            records.append(ev.DatapathStarted(time_ps, name, f"{name}: {number}", ()))
        elif number % SAMPLED:
            records.append(ev.IrqUnmasked(time_ps, 0, 0))
        else:
            records.append(Sample(time_ps, Meters(arrived=number), Detail.MILESTONES))
    return records


class Loads:
    """Counts the chunks that are restored whole."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        load = recording.Filed.load

        def counted(filed: recording.Filed, number: int) -> Chunk:
            self.count += 1
            return load(filed, number)

        monkeypatch.setattr(recording.Filed, "load", counted)


@pytest.mark.parametrize("stretches", [10, 40])
def test_a_leap_restores_three_chunks_at_most(stretches: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chunks of the last records that a state remembers; histories come from samples alone."""
    data = written(told(stretches * STRETCH), MOST_RECORDS)
    loads = Loads(monkeypatch)
    for share in (1, 2, 3, 4):
        tape, loads.count = opened(data), 0
        rebuild(tape, tape.length * share // 4, COLUMN_PS)
        assert loads.count <= 3


def test_switches_are_found_without_the_records_between() -> None:
    """The columns and their markers are those of folding every record."""
    records = told(8 * STRETCH)
    tape, state = opened(written(records, 1000)), State(COLUMN_PS)
    for position, record in enumerate(records):
        if not position % (STRETCH // 5):
            there = rebuild(tape, position, COLUMN_PS).histories.columns
            assert [(each.number, each.marker) for each in there] == [
                (each.number, each.marker) for each in state.histories.columns
            ]
            started = tape.started_before(position)
            assert (started.datapath if started else "") == state.datapath
        state.apply(record)
    assert [each.marker for each in state.histories.columns if each.marker] == [
        NAMES[number % 3] for number in range(1, 8)
    ]


def metered(count: int, *, started: bool) -> list[ev.Event]:
    """A recording of meters; `started`: it begins with its datapath."""
    begun: list[ev.Event] = [ev.DatapathStarted(0, "kernel", "", ())] if started else []
    return begun + [
        Sample(EVERY_PS * number, Meters(arrived=number), Detail.METERS) for number in range(count)
    ]


@pytest.mark.parametrize("started", [False, True])
def test_a_leap_among_samples_alone_passes_over_them(
    monkeypatch: pytest.MonkeyPatch, started: bool
) -> None:
    """A recording of meters: a chunk has as many samples as weigh as much as its records.

    The beginning of the datapath stands in the first chunk, which is folded and not the way behind it.
    """
    records = metered(4 * MOST_RECORDS, started=started)
    data = written(records, MOST_RECORDS)
    loads = Loads(monkeypatch)
    for position in (1000, CHUNK - 1, CHUNK, 2 * CHUNK, MOST_RECORDS, 3 * MOST_RECORDS, len(records)):
        tape, loads.count = opened(data), 0
        state = rebuild(tape, position, COLUMN_PS)
        assert loads.count <= 3
        folded = State(COLUMN_PS)
        for record in records[:position]:
            folded.apply(record)
        assert state.meters == folded.meters
        assert state.datapath == folded.datapath
        assert (state.now_ps, state.position) == (folded.now_ps, folded.position)
        assert [*state.histories.columns] == [*folded.histories.columns]


@pytest.mark.parametrize(("started", "most"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("kind", STEP_KINDS)
def test_a_step_back_passes_over_samples_alone(
    monkeypatch: pytest.MonkeyPatch, kind: str, started: bool, most: int
) -> None:
    """Where nothing but samples lies before, no chunk is restored to find that out."""
    tape = opened(written(metered(2 * MOST_RECORDS, started=started), MOST_RECORDS))
    loads = Loads(monkeypatch)
    found = StepKind(kind).before(tape, tape.length)
    assert loads.count <= most
    assert found == (1 if started and kind == EVENT else None)


@pytest.mark.parametrize("filed", [False, True])
def test_the_last_event_before_a_position_is_found_by_the_places_of_samples(filed: bool) -> None:
    chance = random.Random(1)
    records: list[ev.Event] = []
    for number in range(600):
        happened = chance.random() < (0.5 if number // 100 % 2 else 0.01)
        records.append(
            ev.IrqUnmasked(number, 0, 0) if happened else Sample(number, Meters(), Detail.METERS)
        )
    tape = Tape()
    tape.extend(records)
    read = opened(written(records, 40)) if filed else tape
    behind = 0
    for position in range(len(records) + 1):
        assert read.event_before(position) == behind
        if position < len(records) and not isinstance(records[position], Sample):
            behind = position + 1


@pytest.mark.parametrize("detail", list(Detail))
def test_what_happened_before_many_samples_is_known_behind_them_as_long(detail: Detail) -> None:
    """Samples alone between events: the last event and packet as if all were folded."""
    records: list[ev.Event] = [ev.DatapathStarted(0, "kernel", "", ()), Sample(0, Meters(), detail)]
    records += [ev.FrameArrived(1, 0, 7, 64), ev.DescriptorDone(2, 0, 7, 3)]
    records += [Sample(EVERY_PS * number, Meters(), detail) for number in range(1, 3 * CHUNK)]
    tape, state = opened(written(records, MOST_RECORDS)), State(COLUMN_PS)
    for position, record in enumerate(records):
        if not (position + 1) % (CHUNK // 4):
            there = rebuild(tape, position, COLUMN_PS)
            assert there.last_event == state.last_event
            assert there.packet == state.packet
            assert there.why == state.why
            assert [*there.histories.columns] == [*state.histories.columns]
        state.apply(record)


@pytest.mark.parametrize(("turned_down", "turned_up"), [(70, 100), (70, 200), (130, 400)])
def test_a_dial_that_was_turned_down_between_is_not_passed_over(
    turned_down: int, turned_up: int
) -> None:
    """Meters alone for a while, between samples of a finer detail, forget the single events."""
    records: list[ev.Event] = [Sample(0, Meters(), Detail.MILESTONES), ev.FrameArrived(1, 0, 7, 64)]
    for number in range(2, CHUNK):
        detail = Detail.METERS if turned_down <= number < turned_up else Detail.MILESTONES
        records.append(Sample(EVERY_PS * number, Meters(), detail))
    tape = opened(written(records, 64))
    for position, packet in ((turned_down, 7), (turned_down + 1, ev.NO_PACKET), (CHUNK, ev.NO_PACKET)):
        assert rebuild(tape, position, COLUMN_PS).packet == packet
