"""The flow along the path: how often each station was passed, column by column of the history."""

from collections.abc import Callable
from functools import lru_cache
from itertools import groupby, islice, pairwise
from operator import itemgetter
from typing import NamedTuple

from kbview.state.column_counts import ColumnCounts
from kbview.state.histories import HOLD, Histories
from kbview.state.interval import Interval
from kbview.tape.detail import Detail
from kbview.tape.events import EVENTS
from kbview.tape.meter import Meters, Sample
from kbview.tape.station import Station
from kbview.tape.steps import STEPS, without_break

_UNITS: list[int] = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]
_APART = 2  # columns between two dots of the lane, about
_NOTHING = Sample(0, Meters(), Detail.METERS)
_STATIONS, _STEPS = 256, 1024  # that are remembered: more than all datapaths have
_FIRST = itemgetter(0)
_STEADY = 60  # columns for which a dot keeps its meaning, whatever the traffic does


def _total(name: str) -> Callable[[Meters], int]:
    def total(meters: Meters) -> int:
        count: int = getattr(meters, name)
        return count

    return total


def _written_back(meters: Meters) -> int:
    """Frames that found a descriptor and passed the NIC's checks."""
    refused = sum(count for key, count in meters.drops.items() if key.startswith("nic/"))
    return meters.arrived - meters.missed - refused


def taken_from_rings(interval: Interval) -> int:
    """Frames that polls took off the receive rings: all written back, less the growth of the rings."""
    waiting = _waiting(interval.after) - _waiting(interval.before)
    return _written_back(interval.after.meters) - _written_back(interval.before.meters) - waiting


def _waiting(sample: Sample) -> int:
    return sum(ring.done for ring in sample.meters.rings if ring.kind == "rx")


def _copied(meters: Meters) -> int:
    """Packets that were copied: a packet may be copied more than once."""
    return min(meters.copies, meters.arrived)


# The total that counts an event; events are no steps of a core.
_COUNTS: dict[str, Callable[[Meters], int]] = {
    "FrameArrived": _total("arrived"),
    "DescriptorDone": _written_back,
    "IrqRaised": _total("interrupts"),
    "SoftirqEntered": _total("softirqs"),
    "SkbAllocated": _total("allocations"),
    "TaskWoken": _total("wakeups"),
    "SyscallEntered": _total("syscalls"),
    "Copied": _copied,
    "BlockRetired": _copied,  # every packet in a block was copied there once
    "XdpRan": _written_back,  # once for each frame that the driver took
    "PacketDelivered": _total("delivered"),
    "FrameSent": _total("sent"),
}
# What an event is that does not happen once to each packet.
_EVENT_UNITS = {
    "IrqRaised": "irqs",
    "SoftirqEntered": "runs",
    "TaskWoken": "wakes",
    "SyscallEntered": "calls",
}


FOUND_NOTHING = frozenset(
    {"rx_burst_empty", "xsk_peek_empty"}
)  # no packet passed, and none is to pay for it
_NO_PASS = frozenset(name for name, step in STEPS.items() if not step.passes)
_EVENTS = frozenset(kind.__name__ for kind in EVENTS)
_NOT_ONCE = _NO_PASS | _EVENTS


class Passes(NamedTuple):
    """How often a station was passed; `unit` is the plural of the things counted, "" for packets."""

    number: int
    unit: str


def passed(interval: Interval, station: Station) -> Passes:
    """How often a station was passed in an interval: by its busiest step, else by its events.

    Steps that each packet takes once at the station count; where a station has none, all its steps do.
    Steps that count packets come before steps that count calls or polls. A place without steps is the
    wire, before anything has happened.
    """
    if not station.steps:
        return Passes(interval.change("arrived"), "")
    before, after = interval.before.meters, interval.after.meters
    taken = [step for step in _once(station) if _taken(after, step)]
    if taken:
        told = [step for step in taken if not _unit(step)] or taken
        steps = [(_taken(after, step) - _taken(before, step), step) for step in told]
        number, busiest = max(steps, key=_FIRST)
        return Passes(number, _unit(busiest))
    return _by_events(interval, station)


@lru_cache(maxsize=_STATIONS)
def _once(station: Station) -> tuple[str, ...]:
    """The steps that each packet takes once at the station; all steps where none is."""
    return tuple(step for step in station.steps if step not in _NOT_ONCE) or station.steps


def _by_events(interval: Interval, station: Station) -> Passes:
    """By the meters of the events that happen at the station; events of packets come first."""
    told = _counted(station)
    counts = [_COUNTS[step] for step in told]
    before, after = interval.before.meters, interval.after.meters
    number = max([total(after) - total(before) for total in counts], default=0)
    return Passes(number, _EVENT_UNITS.get(told[0], "") if told else own_unit(station))


@lru_cache(maxsize=_STATIONS)
def _counted(station: Station) -> list[str]:
    """The events that happen at the station and are counted, of packets alone if there are any."""
    named = [step for step in station.steps if step in _COUNTS]
    return [step for step in named if step not in _EVENT_UNITS] or named


@lru_cache(maxsize=_STEPS)
def _unit(step: str) -> str:
    declaration = STEPS.get(without_break(step))
    return declaration.counts if declaration else ""


def own_unit(station: Station) -> str:
    """The unit of a station before its first step; "" if some of its steps count packets."""
    units = [_unit(step) for step in station.steps if step not in _NOT_ONCE]
    return units[0] if all(units) and units else ""


def _taken(meters: Meters, step: str) -> int:
    stage = meters.stages.get(step)
    return stage.count if stage else 0


def unit(histories: Histories) -> int:
    """How many passes a dot of the lane stands for: it follows the arrivals in coarse steps.

    A dot that changes its meaning is worse than a crowded lane, so it is decided once for each group
    of columns, by the group before.
    """
    if not histories.units:
        histories.units.append(_unit_of(histories))
    return histories.units[0]


def _unit_of(histories: Histories) -> int:
    groups = groupby(reversed(histories.columns), key=lambda column: (column.number - 1) // _STEADY)
    newest = [column for _, group in islice(groups, 1) for column in group]
    basis = [column for _, group in islice(groups, 1) for column in group] or newest[-HOLD:]
    if not basis:
        return 1
    arrived = Interval(basis[-1].interval.before, basis[0].interval.after).change("arrived") / len(
        basis
    )
    return next(unit for unit in _UNITS if unit >= min(_APART * arrived, _UNITS[-1]))


def dots(histories: Histories, station: Station, length: int) -> list[bool]:
    """For each of the last columns, newest first, whether another `unit` had passed in it.

    Passes are counted from the start of the tape, so a dot is where it is however one got there.
    """
    each = unit(histories)
    if station not in histories.passes:
        histories.passes[station] = ColumnCounts(
            lambda end: passed(Interval(_NOTHING, end), station).number
        )
    counts = histories.passes[station].follow(histories.columns)
    units = [count // each for count in islice(reversed(counts), length + 1)]
    dots = [after > before for after, before in pairwise(units)]
    return dots + [False] * (length - len(dots))


def rate(histories: Histories, station: Station) -> tuple[float | None, str]:
    """How often a station is passed a second of trace time, and the unit of Passes.

    None and no unit before the first column and after a change of datapath: see `Histories.recent`.
    """
    recent = histories.recent()
    if not recent:
        return None, ""
    if station not in histories.rates:
        number, unit = passed(recent, station)
        histories.rates[station] = number * 1e12 / recent.duration_ps, unit
    return histories.rates[station]


def cost_ps(histories: Histories, station: Station) -> float | None:
    """The cost of a station's steps for each delivered packet; None when none was delivered."""
    histories.recent()  # forgets the costs of another interval
    if station not in histories.costs_ps:
        histories.costs_ps[station] = _cost_ps(histories, station)
    return histories.costs_ps[station]


def _cost_ps(histories: Histories, station: Station) -> float | None:
    delivered = histories.change("delivered")
    if not delivered:
        return None
    here = frozenset(station.steps) - FOUND_NOTHING
    costs = histories.costs().items()
    paid = (cost.total_ps for step, cost in costs if here & {step, without_break(step)})
    return sum(paid) / delivered
