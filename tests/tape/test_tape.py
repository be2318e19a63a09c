"""The tape's promises: order, bounded memory, a vocabulary that is whole."""

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.histogram import Histogram
from kbview.tape.meter import DEFINITIONS, TOTALS, Meters, Sample
from kbview.tape.tape import Tape

EVENTS = [*ev.MARKERS, *ev.MILESTONES, *ev.STEPS]


def test_records_come_in_the_order_of_time() -> None:
    tape = Tape()
    tape.extend([ev.IrqUnmasked(5, 0, 0), ev.IrqUnmasked(5, 0, 0)])
    with pytest.raises(ValueError, match="older than the tape's end"):
        tape.extend([ev.IrqUnmasked(4, 0, 0)])


def test_old_records_go_and_positions_stay() -> None:
    tape = Tape(capacity=10_000)
    for start in range(0, 50_000, 1000):
        tape.extend([ev.IrqUnmasked(start + offset, 0, 0) for offset in range(1000)])
    assert tape.length == 50_000
    assert tape.length - tape.start <= 10_000
    assert next(tape.read(45_678)).time_ps == 45_678
    assert next(tape.read(0)).time_ps == tape.start
    assert sum(1 for _ in tape.read(tape.length)) == 0


def sample(time_ps: int, detail: Detail, exact: bool) -> Sample:
    return Sample(time_ps, Meters(), detail, exact)


def test_a_time_is_found() -> None:
    tape = Tape(capacity=10_000)
    assert tape.position_at(10**12) == tape.key_frame_before(0) == 0
    tape.extend([ev.IrqUnmasked(number // 3, 0, 0) for number in range(30_000)])
    assert tape.position_at(9_000) == 27_003
    assert tape.position_at(10**12) == 30_000
    assert tape.position_at(0) == tape.start > 0
    assert [record.time_ps for record in tape.read(tape.position_at(8_999))][:4] == [9000] * 3 + [9001]


def test_key_frames_are_samples_that_need_nothing_before_them() -> None:
    tape = Tape(capacity=8192)
    started = ev.DatapathStarted(0, "kernel", "", ())
    tape.extend([started, sample(0, Detail.STEPS, exact=False), sample(5, Detail.STEPS, exact=True)])
    tape.extend([sample(6, Detail.METERS, exact=False), sample(7, Detail.STEPS, exact=False)])
    assert [tape.key_frame_before(time_ps) for time_ps in (4, 5, 6, 100)] == [0, 2, 3, 3]
    assert tape.opening(0) == []
    assert tape.opening(1) == tape.opening(3) == [started]
    tape.extend([ev.IrqUnmasked(8, 0, 0) for _ in range(9000)])
    assert tape.key_frame_before(100) == tape.start == 4096
    assert tape.opening(tape.start) == [started]  # the datapath in force outlives its record


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=300), st.integers(1, 1000))
def test_percentiles_are_within_one_part_in_64(values: list[int], permille: int) -> None:
    histogram = Histogram()
    histogram.add(values)
    rank = -(-permille * len(values) // 1000)
    expected = sorted(values)[rank - 1]
    assert abs(histogram.percentile(permille / 1000) - expected) <= expected / 64 + 1
    assert (histogram.least, histogram.greatest) == (min(values), max(values))


def test_every_meter_is_defined_in_a_line() -> None:
    for name in TOTALS:
        assert DEFINITIONS[name].strip()
        assert "\n" not in DEFINITIONS[name]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_events_say_what_they_are_and_how_fine(kind: type[ev.Event]) -> None:
    assert kind.__doc__
    assert (kind in ev.DETAIL_OF) or kind in ev.MARKERS
    for name in re.findall(r"[Tt]racepoint `?([\w:]+)", kind.__doc__):
        assert re.fullmatch(r"[a-z_]+:[a-z_]+", name)


def test_events_can_be_stored() -> None:
    event = ev.FrameArrived(1, 0, 2, 64)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=ev.FrameArrived) is not event
