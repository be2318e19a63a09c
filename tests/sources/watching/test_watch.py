"""Several producers become one tape, in order, as far as all of them have seen."""

from itertools import pairwise

import pytest

from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.sources.watching.watch import Watch
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Heading, Origin
from kbview.tape.tape import Tape


class Scripted(Producer):
    """Tells what it is given, settled as far as it is told."""

    name = "scripted"
    way = WatchedPath("way", "a way", ())

    def __init__(self, events: list[ev.Event], settled_ps: int, **totals: int) -> None:
        self.meters = frozenset(totals)
        self.events = events
        self.settled = settled_ps
        self.totals = totals
        self.gone: str | None = None
        self.closed = 0

    def start(self) -> None:
        pass

    def settled_ps(self) -> int:
        return self.settled

    def take(self, until_ps: int) -> list[ev.Event]:
        due = [event for event in self.events if event.time_ps <= until_ps]
        self.events = [event for event in self.events if event.time_ps > until_ps]
        return due

    def show(self, meters: Meters) -> None:
        for name, value in self.totals.items():
            setattr(meters, name, value)
        meters.drops["here/BECAUSE"] = 2

    @property
    def ended(self) -> str | None:
        return self.gone

    def close(self) -> None:
        self.closed += 1


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who pumps again at once is answered anew."""
    monkeypatch.setattr("kbview.sources.watching.watch._LEAST_S", 0.0)


def _noted(*times_ps: int) -> list[ev.Event]:
    return [ev.SourceNoted(time_ps, "") for time_ps in times_ps]


def _watch(*producers: Producer, frames: int | None = None) -> Watch:
    return Watch(Heading(Origin.LIVE, "x"), WatchClock(), producers, frames)


def _told(tape: Tape) -> list[int]:
    return [record.time_ps for record in tape.read(0) if isinstance(record, ev.SourceNoted)]


def test_events_come_in_order_and_only_when_all_have_seen() -> None:
    fast, slow = Scripted(_noted(1, 5, 9), 9), Scripted(_noted(2, 5, 6), 5)
    tape, watch = Tape(), _watch(fast, slow)
    assert watch.pump(tape, 100, budget_s=0) == 5
    assert _told(tape) == [1, 2, 5, 5]
    slow.settled = 20
    assert watch.pump(tape, 100, budget_s=0) == 9
    assert _told(tape) == [1, 2, 5, 5, 6, 9]


def test_what_is_seen_too_late_is_told_late_rather_than_out_of_order() -> None:
    producer = Scripted(_noted(4), 10)
    tape, watch = Tape(), _watch(producer)
    watch.pump(tape, 100, budget_s=0)
    producer.events, producer.settled = _noted(7, 12), 12
    watch.pump(tape, 100, budget_s=0)
    assert _told(tape) == [4, 10, 12]
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(tape.read(0)))


def test_a_sample_stands_at_the_time_returned_with_everybodys_meters() -> None:
    tape = Tape()
    watch = _watch(Scripted([], 8, arrived=3), Scripted([], 9, arrived=99, softirqs=4))
    watch.set_detail(Detail.STEPS)
    reached_ps = watch.pump(tape, 7, budget_s=0)
    *_, last = tape.read(0)
    assert isinstance(last, Sample)
    assert (last.time_ps, last.detail) == (reached_ps, Detail.STEPS) == (7, Detail.STEPS)
    assert (last.meters.arrived, last.meters.softirqs) == (3, 4)  # the first has the last word
    assert last.meters.dropped == 2
    assert watch.capabilities.meters == {"arrived", "softirqs"}


class Unknowing(Scripted):
    """Adds a name to those that another producer does not know."""

    def show(self, meters: Meters) -> None:
        meters.unknown = (*meters.unknown, "missed")


def test_what_is_unknown_is_told_once_in_each_sample_however_many_there_are() -> None:
    """live:IFACE told one more name in each sample: a hundred samples wrote 5,050 of them."""
    first, beside, tape = Unknowing([], 0), Unknowing([], 0), Tape()
    watch = _watch(first, beside)
    for time_ps in range(1, 101):
        first.settled = beside.settled = time_ps
        watch.pump(tape, time_ps, budget_s=0)
    samples = [record for record in tape.read(0) if isinstance(record, Sample)]
    assert len(samples) == 100
    assert {sample.meters.unknown for sample in samples} == {("missed", "missed")}


def test_it_ends_when_the_first_ends_or_enough_has_arrived() -> None:
    leader = Scripted(_noted(3), 1, arrived=10)
    tape, watch = Tape(), _watch(leader, Scripted([], 1))
    watch.pump(tape, 5, budget_s=0)
    assert not [record for record in tape.read(0) if isinstance(record, ev.SourceEnded)]
    leader.gone = "it is gone"
    watch.pump(tape, 5, budget_s=0)
    *_, last = tape.read(0)
    assert watch.ended
    assert isinstance(last, ev.SourceEnded)
    assert last.note == "it is gone"
    assert _told(tape) == [3]  # nothing that was seen is kept back

    enough = _watch(Scripted([], 1, arrived=10), frames=10)
    enough.pump(Tape(), 5, budget_s=0)
    assert enough.ended


def test_it_waits_for_time_only_when_the_budget_is_endless() -> None:
    clock = WatchClock()
    producer = Scripted([], 0)
    producer.settled_ps = clock.now_ps  # type: ignore[method-assign]
    watch = Watch(Heading(Origin.LIVE, "x"), clock, [producer])
    assert watch.pump(Tape(), 10**15, budget_s=0.05) < 10**12
    tape = Tape()
    assert watch.pump(tape, 60 * 10**9) == pytest.approx(60 * 10**9)
    assert clock.now_ps() >= 60 * 10**9


def test_who_pumps_without_a_pause_does_not_fill_the_tape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kbview.sources.watching.watch._LEAST_S", 60.0)
    tape, watch = Tape(), _watch(Scripted([], 5))
    for _ in range(100):
        assert watch.pump(tape, 100, budget_s=0.1) == 5
    assert tape.length == 2


def test_closing_closes_all() -> None:
    producers = [Scripted([], 0), Scripted([], 0)]
    _watch(*producers).close()
    assert [producer.closed for producer in producers] == [1, 1]
