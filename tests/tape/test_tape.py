"""The tape's promises: order, bounded memory, a vocabulary that is whole."""

import re
import tracemalloc

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.chunk import MOST_RECORDS, Chunker
from kbview.tape.detail import Detail
from kbview.tape.histogram import Histogram
from kbview.tape.kernel_meter import IrqMeter, SoftnetMeter
from kbview.tape.meter import DEFINITIONS, TOTALS, Meters, Sample
from kbview.tape.shelf import Shelf
from kbview.tape.tape import Tape
from kbview.tape.weight import STEP_BYTES, weight
from tests.tape.folding import folded, picture

EVENTS = list(ev.EVENTS)


def test_records_come_in_the_order_of_time() -> None:
    tape = Tape()
    tape.extend([ev.IrqUnmasked(5, 0, 0), ev.IrqUnmasked(5, 0, 0)])
    with pytest.raises(ValueError, match="older than the tape's end"):
        tape.extend([ev.IrqUnmasked(4, 0, 0)])


def many(count: int) -> list[ev.Event]:
    return [ev.IrqUnmasked(number, 0, 0) for number in range(count)]


def test_old_records_go_and_positions_stay() -> None:
    tape = Tape(capacity=10_000)
    for start in range(0, 50_000, 1000):
        tape.extend([ev.IrqUnmasked(start + offset, 0, 0) for offset in range(1000)])
    assert tape.length == 50_000
    assert tape.length - tape.start <= 10_000
    assert next(tape.read(45_678)).time_ps == 45_678
    assert next(tape.read(0)).time_ps == tape.start
    assert sum(1 for _ in tape.read(tape.length)) == 0


def test_a_time_is_found() -> None:
    tape = Tape(capacity=10_000)
    assert tape.position_at(10**12) == tape.key_frame_before(0) == 0
    tape.extend([ev.IrqUnmasked(number // 3, 0, 0) for number in range(30_000)])
    assert tape.position_at(9_000) == 27_003
    assert tape.position_at(10**12) == 30_000
    assert tape.position_at(0) == tape.start > 0
    assert [record.time_ps for record in tape.read(tape.position_at(8_999))][:4] == [9000] * 3 + [9001]


class Box(Shelf):
    """A shelf in memory that keeps a number of chunks, and loses what it is told to."""

    def __init__(self, room: int) -> None:
        self.room, self.kept, self.damaged = room, dict[int, bytes](), set[int]()

    def put(self, number: int, data: bytes) -> int:
        self.kept[number] = data
        while len(self.kept) > self.room:
            del self.kept[min(self.kept)]
        return min(self.kept, default=number + 1)

    def get(self, number: int) -> bytes:
        return b"" if number in self.damaged else self.kept[number]


def test_with_a_shelf_everything_stays_reachable() -> None:
    tape = Tape(capacity=20_000, shelf=(box := Box(room=1000)))
    tape.extend(many(100_000))
    assert len(box.kept) == 10  # of 12 whole chunks
    assert tape.start == 0
    assert list(tape.read(0)) == many(100_000)
    assert next(tape.read(12_345)).time_ps == 12_345
    assert tape.position_at(54_321) == 54_322


def test_samples_are_bounded_in_memory_though_they_are_few() -> None:
    """A sample of four hundred buckets takes as much memory as two hundred steps."""
    tape = Tape(capacity=20_000, shelf=(box := Box(room=1000)))
    meters = Meters(latency=Histogram(dict.fromkeys(range(400), 1 << 40)))
    samples = [Sample(time_ps, meters, Detail.METERS) for time_ps in range(5000)]
    tape.extend(samples)
    a_chunk = -(-MOST_RECORDS // weight(samples[0]))
    assert len(box.kept) == 5000 // a_chunk - 3  # three whole chunks are in memory
    assert list(tape.read(0)) == samples


@pytest.mark.parametrize("word", ["overload-udp", "short-connections"])
def test_a_weight_is_the_memory_that_a_sample_takes(word: str) -> None:
    """Bytes as CPython counts them for samples that were restored, which share nothing."""
    resolve(word, Choice()).pump(tape := Tape(), 3 * 10**9)
    sample = [record for record in tape.read(0) if isinstance(record, Sample)][-1]
    assert 0.8 < weight(sample) * STEP_BYTES / taken_bytes(sample) < 1.25


def test_cores_and_interrupt_lines_of_a_live_kernel_weigh_what_they_take() -> None:
    """A large machine has hundreds of lines, and a sample holds all of them."""
    cores = [SoftnetMeter(cpu, 10**6 + cpu, cpu % 2 * (5000 + cpu), 0, None) for cpu in range(128)]
    lines = [IrqMeter(f"{each}", f"virtio2-input.{each}", f"0-{each}", 10**5) for each in range(256)]
    sample = Sample(10**12, Meters(softnet=cores, irqs=lines), Detail.METERS)
    assert 0.8 < weight(sample) * STEP_BYTES / taken_bytes(sample) < 1.25


def taken_bytes(sample: Sample) -> float:
    """The memory of a restored sample."""
    data = msgspec.msgpack.encode(sample)
    restore = msgspec.msgpack.Decoder(Sample).decode
    restored = [restore(data)]
    tracemalloc.start()
    restored += [restore(data) for _ in range(20)]
    taken = tracemalloc.get_traced_memory()[0] / 20
    tracemalloc.stop()
    return taken


def test_a_full_shelf_lets_the_oldest_go() -> None:
    tape = Tape(capacity=20_000, shelf=Box(room=3))
    tape.extend(many(100_000))
    assert tape.start == 7 * MOST_RECORDS
    assert [event.time_ps for event in tape.read(0)] == list(range(tape.start, 100_000))
    none = Tape(capacity=20_000, shelf=Box(room=0))
    none.extend(many(100_000))
    assert 100_000 - none.start <= 20_000


def test_what_a_shelf_loses_is_said() -> None:
    tape = Tape(capacity=20_000, shelf=(box := Box(room=1000)))
    tape.extend(many(100_000))
    box.damaged = {1, 2}
    records = list(tape.read(0))
    assert len(records) == 100_000
    lost = [record.count for record in records if isinstance(record, ev.EventsLost)]
    assert sum(lost) == 2 * MOST_RECORDS
    assert [record for record in records if isinstance(record, ev.IrqUnmasked)] == [
        event for event in many(100_000) if not MOST_RECORDS <= event.time_ps < 3 * MOST_RECORDS
    ]


@pytest.mark.parametrize("detail", Detail)
@pytest.mark.parametrize("datapath", DATAPATHS)
def test_a_state_may_begin_anywhere(datapath: str, detail: Detail) -> None:
    """Whatever the detail, and though samples are rarely exact at the finest."""
    word = "overload-udp" if DATAPATHS[datapath].takes_datagrams else "short-connections"
    source = resolve(word, Choice(datapath=datapath, frames=1500))
    source.set_detail(detail)
    tape = Tape(capacity=10_000, shelf=Box(room=1000))
    until_ps = 0
    while not source.ended:
        until_ps = source.pump(tape, until_ps + 30_000_000)
    records, expected, reached = list(tape.read(0)), State(), 0
    for position in range(0, tape.length, max(tape.length // 23, 1)):
        for record in records[reached:position]:
            expected.apply(record)
        reached = position
        assert picture(folded(tape.opening(position))) == picture(expected), position
        started = tape.started_before(position)
        assert (started.datapath if started else "") == expected.datapath
        check_samples(tape, records, position)
    for time_ps in range(0, tape.end_ps, tape.end_ps // 11):
        assert tape.position_at(time_ps) - tape.key_frame_before(time_ps) <= MOST_RECORDS


def check_samples(tape: Tape, records: list[ev.Event], position: int) -> None:
    """Samples are found as if one had looked at every record."""
    before = [place for place in range(position) if isinstance(records[place], Sample)]
    found = tape.sample_before(position)
    assert found == (before[-1] if before else None)
    if found is not None:
        assert tape.sample_at(found) == records[found]
    time_ps = records[position].time_ps
    after = (place for place, record in enumerate(records) if isinstance(record, Sample)
             and record.time_ps >= time_ps)  # fmt: skip
    assert tape.sample_from(time_ps) == next(after, None)
    assert tape.sample_from(tape.end_ps + 1) is None


def test_samples_and_frames_make_chunks_short() -> None:
    chunker = Chunker()
    samples = [Sample(time_ps, Meters(), Detail.METERS) for time_ps in range(2000)]
    assert len(next(chunker.add(samples)).records) == -(-MOST_RECORDS // weight(samples[0])) < 2000
    frames = [ev.FrameRecorded(2000, number, 1500, bytes(1496)) for number in range(5000)]
    most = MOST_RECORDS * STEP_BYTES
    assert all(len(chunk.records) * 1496 <= most for chunk in chunker.add(frames))


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=300), st.integers(1, 1000))
def test_percentiles_are_within_one_part_in_64(values: list[int], permille: int) -> None:
    histogram = Histogram()
    histogram.add(values)
    rank = -(-permille * len(values) // 1000)
    expected = sorted(values)[rank - 1]
    assert abs(histogram.percentile(permille / 1000) - expected) <= expected / 64 + 1
    assert (histogram.least, histogram.greatest) == (min(values), max(values))
    one_by_one = Histogram()
    for value in values:
        one_by_one.count(value)
    assert one_by_one == histogram


def test_every_meter_is_defined_in_a_line() -> None:
    for name in TOTALS:
        assert DEFINITIONS[name].strip()
        assert "\n" not in DEFINITIONS[name]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_events_say_what_they_are_and_how_fine(kind: type[ev.Event]) -> None:
    assert kind.__doc__
    assert kind.meaning.why
    assert re.fullmatch(r"([a-z_]+:[a-z_]+(<name>)?)?", kind.tracepoint)


def test_events_can_be_stored() -> None:
    event = ev.FrameArrived(1, 0, 2, 64)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=ev.FrameArrived) is not event


@pytest.mark.parametrize("detail", [Detail.MILESTONES, Detail.STEPS])
@pytest.mark.parametrize("piece", [1, 7, 5000])
def test_chunks_are_the_same_however_many_records_come_at_once(piece: int, detail: Detail) -> None:
    told: list[ev.Event] = []
    for number in range(30_000):
        told.append(ev.FrameArrived(number, 0, number, 64))
        if number % 1000 == 999:
            told.append(Sample(number, Meters(arrived=number), detail, exact=number % 2000 == 999))
    whole, parts = Chunker(), Chunker()
    chunks = list(whole.add(told))
    pieces = (told[at : at + piece] for at in range(0, len(told), piece))
    assert [chunk for each in pieces for chunk in parts.add(each)] == chunks
    assert len(chunks) == 3
    assert parts.open == whole.open


def test_records_before_one_that_is_too_old_are_kept() -> None:
    chunker = Chunker()
    with pytest.raises(ValueError, match="IrqUnmasked at 3 ps is older"):
        list(chunker.add(ev.IrqUnmasked(time_ps, 0, 0) for time_ps in (1, 5, 3)))
    assert [record.time_ps for record in chunker.open.records] == [1, 5]
