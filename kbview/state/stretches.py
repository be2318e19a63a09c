"""Stretches: the growth of the meters while each datapath of a tape was in force.

    DatapathStarted kernel   samples ...   DatapathStarted dpdk   samples ...
    |------- growth: kernel ------------|  |------ growth: dpdk -----------|

A datapath that comes again has one stretch: its growths are added. A stretch ends with the last
sample that tells of frames, and begins just before the first: a lab sends nothing while its receiver
changes, and that time is neither a receiver's work nor its load.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec

from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.events import DatapathStarted
from kbview.tape.histogram import Histogram
from kbview.tape.meter import CoreMeter, Meters, Sample, StageMeter

_Counts = TypeVar("_Counts", StageMeter, CoreMeter)
# No growth, or counts that a list's order does not keep apart: as they are at the end.
_LEVELS = ("rings", "sockets", "softnet", "irqs", "causes", "unknown")


class DatapathGrowth(msgspec.Struct):
    """A datapath, how long it was in force (picoseconds), and the growth of the meters meanwhile."""

    started: DatapathStarted
    duration_ps: int
    meters: Meters

    def state(self) -> State:
        """A state that holds nothing else."""
        state = State()
        state.open(self.started)
        state.apply(Sample(self.duration_ps, self.meters, Detail.METERS))
        return state


class _Stretch:
    """The samples of a stretch: all its frames arrive and end between `before` and `after`."""

    def __init__(self, started: DatapathStarted, before: Sample) -> None:
        self.started = started
        self.before = self.after = self._last = before
        self._fed = False

    def add(self, sample: Sample) -> None:
        """Take in the next sample."""
        meters, known = sample.meters, self._last.meters
        self._last = sample
        if (meters.arrived, meters.delivered) != (known.arrived, known.delivered):
            self._fed, self.after = True, sample
        elif not self._fed:
            self.before = self.after = sample

    def growth(self, whole: Sample) -> DatapathGrowth:
        """From `before` to `after`; of all samples since `whole` if no frame came or ended."""
        before, after = (self.before, self.after) if self._fed else (whole, self._last)
        grown_ps = after.time_ps - before.time_ps
        return DatapathGrowth(self.started, grown_ps, combined(after.meters, before.meters, -1))


def stretches(records: Iterable[Event]) -> list[DatapathGrowth]:
    """The stretches of a tape, in the order in which their datapaths began first."""
    found: dict[str, DatapathGrowth] = {}
    stretch: _Stretch | None = None
    before = last = Sample(0, Meters(), Detail.METERS)
    for record in records:
        if isinstance(record, Sample):
            last = record
            if stretch is not None:
                stretch.add(record)
        elif isinstance(record, DatapathStarted):
            if stretch is not None:
                _add(found, stretch.growth(before))
            stretch, before = _Stretch(record, last), last
    if stretch is not None:
        _add(found, stretch.growth(before))
    return list(found.values())


def _add(found: dict[str, DatapathGrowth], grown: DatapathGrowth) -> None:
    known = found.get(grown.started.datapath)
    if known is not None:
        grown.duration_ps += known.duration_ps
        grown.meters = combined(grown.meters, known.meters, 1)
    found[grown.started.datapath] = grown


def combined(one: Meters, other: Meters, sign: int) -> Meters:
    """`one` plus or minus `other`, meter by meter; `one` gives the levels."""
    made = one.copy()
    for name in Meters.__struct_fields__:
        if name not in _LEVELS:
            setattr(made, name, _value(getattr(one, name), getattr(other, name), sign))
    return made


def _value(one: Any, other: Any, sign: int) -> Any:
    """None where either is unknown."""
    if one is None or other is None:
        return None
    if isinstance(one, str):  # a word, such as the reason why the latest softirq ended
        return one
    if isinstance(one, int):
        return one + sign * other
    if isinstance(one, Histogram):
        return _histogram(one, other, sign)
    if isinstance(one, dict):
        return _table(one, other, sign)
    return [_struct(core, _core(other, at), sign) for at, core in enumerate(one)]


def _table(one: dict[str, Any], other: dict[str, Any], sign: int) -> dict[str, Any]:
    """Counts or StageMeters by name; counts of nothing are left out."""
    made: dict[str, Any] = {}
    for name in {**one, **other}:
        some = one.get(name, other.get(name))
        if isinstance(some, StageMeter):
            made[name] = _struct(one.get(name, StageMeter()), other.get(name, StageMeter()), sign)
        elif count := one.get(name, 0) + sign * other.get(name, 0):
            made[name] = count
    return made


def _core(cores: list[CoreMeter], at: int) -> CoreMeter:
    return cores[at] if at < len(cores) else CoreMeter(at)


def _struct(one: _Counts, other: _Counts, sign: int) -> _Counts:
    """Idle time is the rest of the elapsed time, in ticks, so it may shrink by a tick: that is none."""
    made = msgspec.structs.replace(one)
    for name in one.__struct_fields__:
        value = getattr(one, name)
        if isinstance(value, int) and name != "cpu":
            setattr(made, name, max(0, value + sign * getattr(other, name)))
    return made


def _histogram(one: Histogram, other: Histogram, sign: int) -> Histogram:
    """Its least and greatest are known to a bucket."""
    buckets = {**one.counts, **other.counts}
    grown = {each: one.counts.get(each, 0) + sign * other.counts.get(each, 0) for each in buckets}
    counts = {each: count for each, count in grown.items() if count > 0}
    if not counts:
        return Histogram()
    return Histogram(counts, sum(counts.values()), min(counts), max(counts))
