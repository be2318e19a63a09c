"""The flow along the path: how many have passed each station, frame of the screen by frame."""

from collections import deque
from collections.abc import Callable
from itertools import islice, pairwise

from kbview.state.histories import LENGTH, Column, Histories
from kbview.tape.station import Station

_UNITS = [digit * 10**power for power in range(9) for digit in (1, 2, 5)]
_APART = 2  # columns between two dots of the lane, about


def _total(name: str) -> Callable[[Column], int]:
    return lambda column: column.deltas[name]


def _written_back(column: Column) -> int:
    """Frames that found a descriptor and passed the NIC's checks."""
    refused = sum(count for key, count in column.drops.items() if key.startswith("nic/"))
    return column.deltas["arrived"] - column.deltas["missed"] - refused


# What counts an event that is no step of a core.
_COUNTS: dict[str, Callable[[Column], int]] = {
    "FrameArrived": _total("arrived"),
    "DescriptorDone": _written_back,
    "IrqRaised": _total("interrupts"),
    "SoftirqEntered": _total("softirqs"),
    "SkbAllocated": _total("allocations"),
    "TaskWoken": _total("wakeups"),
    "SyscallEntered": _total("syscalls"),
    "Copied": _total("copies"),
    "PacketDelivered": _total("delivered"),
}


_FOUND_NOTHING = frozenset({"rx_burst_empty"})  # no packet passed, and none is to pay for it
_NO_PASS = _FOUND_NOTHING | {"context_switch"}


def passed(column: Column, station: Station) -> int:
    """How often a station was passed in a column: by its busiest step, else by its events.

    A place without steps is the wire, before anything has happened.
    """
    if not station.steps:
        return column.deltas["arrived"]
    stages = [column.stages[step] for step in station.steps if step in column.stages.keys() - _NO_PASS]
    steps = max((stage.count for stage in stages), default=0)
    events = (_COUNTS[step](column) for step in station.steps if step in _COUNTS)
    return steps or max(events, default=0)


class Flows:
    """Running totals of the visited stations; a station that two paths share goes on counting.

    `unit` is how many passes a dot of the lane stands for. It follows the traffic in coarse steps
    only, for a dot that changes its meaning is worse than a crowded lane.
    """

    def __init__(self) -> None:
        self.unit = 1
        self._stations: tuple[Station, ...] = ()
        self._trails: dict[str, deque[int]] = {}

    def lay(self, stations: tuple[Station, ...]) -> None:
        """Take over a new path."""
        self._stations = tuple(station for station in stations if not station.bypassed)
        self._trails = {
            station.name: self._trails.get(station.name, deque([0], LENGTH))
            for station in self._stations
        }

    def close(self, histories: Histories) -> None:
        """Count what passed in the column that was just closed."""
        column = histories.columns[-1]
        for station in self._stations:
            trail = self._trails[station.name]
            trail.append(trail[-1] + passed(column, station))
        arrived = histories.change("arrived") / len(histories.window())
        if not self.unit / (2 * _APART) < arrived < self.unit:
            self.unit = next(unit for unit in _UNITS if unit >= min(_APART * arrived, _UNITS[-1]))

    def dots(self, station: Station, length: int) -> list[bool]:
        """For each of the last columns, newest first, whether another `unit` had passed in it."""
        trail = self._trails.get(station.name, ())
        recent = [total // self.unit for total in islice(reversed(trail), length + 1)]
        dots = [after > before for after, before in pairwise(recent)]
        return dots + [False] * (length - len(dots))


def rate(histories: Histories, station: Station) -> float:
    """How often a station is passed a second of trace time."""
    window = histories.window()
    duration_ps = sum(column.duration_ps for column in window)
    return sum(passed(column, station) for column in window) * 1e12 / duration_ps if window else 0.0


def cost_ps(histories: Histories, station: Station) -> float | None:
    """What the steps of a station cost for each delivered packet; None when none was delivered."""
    delivered = histories.change("delivered")
    if not delivered:
        return None
    costs = histories.costs()
    paid = (costs[step].total_ps for step in station.steps if step in costs.keys() - _FOUND_NOTHING)
    return sum(paid) / delivered
