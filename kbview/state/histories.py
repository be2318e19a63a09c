"""What happened in each frame of the screen: one column a frame, with markers, and rates from them."""

from collections import deque
from itertools import islice

import msgspec

from kbview.tape.events import Account
from kbview.tape.meter import TOTALS, CoreMeter, Meters, StageMeter

LENGTH = 400  # columns kept: more than the widest terminal shows
WINDOW = 10  # columns that a rate looks back: about a second of the viewer's time
HOLD = 5  # columns that a rate stays as it is, or nobody could read it
LEAST_PS = 100 * 10**6  # and no less trace time than this: slow motion must not make rates jump


class Column(msgspec.Struct):
    """The change of every total from `time_ps - duration_ps` to `time_ps`.

    `cores` holds the time each core booked to each account, in the order of `Account`.
    """

    time_ps: int
    duration_ps: int
    deltas: dict[str, int]
    stages: dict[str, StageMeter]
    drops: dict[str, int]
    cores: tuple[tuple[int, ...], ...]
    marker: str = ""


def _accounts(core: CoreMeter, was: CoreMeter) -> tuple[int, ...]:
    return tuple(core.of(account) - was.of(account) for account in Account)


def _column(now_ps: int, duration_ps: int, meters: Meters, before: Meters) -> Column:
    """What `meters` have more than `before`; stages and drops that did not grow are left out."""
    stages = {}
    for name, stage in meters.stages.items():
        was = before.stages.get(name) or StageMeter()
        if stage.count != was.count:
            stages[name] = StageMeter(stage.count - was.count, stage.total_ps - was.total_ps)
    drops = {key: count - before.drops.get(key, 0) for key, count in meters.drops.items()}
    return Column(
        now_ps,
        duration_ps,
        {name: getattr(meters, name) - getattr(before, name) for name in TOTALS},
        stages,
        {key: count for key, count in drops.items() if count},
        tuple(_accounts(*pair) for pair in zip(meters.cores, before.cores, strict=False)),
    )


class Histories:
    """The last columns, oldest first. A column in which no time passed is not kept."""

    def __init__(self) -> None:
        self.columns: deque[Column] = deque(maxlen=LENGTH)
        self.closed = 0  # columns ever closed; the last one's number is one less
        self._marker = ""
        self._before: Meters | None = None
        self._before_ps = 0

    def mark(self, text: str) -> None:
        """Put a marker on the column that is being gathered."""
        self._marker = text

    def close(self, now_ps: int, meters: Meters) -> bool:
        """End a column, if time has passed since the last: the meters have advanced to `now_ps`."""
        before, self._before = self._before, meters.copy()
        duration_ps, self._before_ps = now_ps - self._before_ps, now_ps
        if before is None or duration_ps <= 0:
            return False
        column = _column(now_ps, duration_ps, meters, before)
        column.marker, self._marker = self._marker, ""
        self.columns.append(column)
        self.closed += 1
        return True

    def window(self, columns: int = WINDOW, least_ps: int = LEAST_PS) -> list[Column]:
        """The last columns, newest first, up to the last one whose number is a multiple of HOLD.

        None is from before the last marker: no rate mixes two datapaths.
        """
        window: list[Column] = []
        span_ps = 0
        for column in islice(reversed(self.columns), self._fresh(), None):
            window.append(column)
            span_ps += column.duration_ps
            if column.marker or (len(window) >= columns and span_ps >= least_ps):
                break
        return window

    def _fresh(self) -> int:
        """How many columns are too new to be counted yet; none of them when a marker is among them."""
        fresh = self.closed % HOLD
        newest = islice(reversed(self.columns), fresh)
        return 0 if self.closed < HOLD or any(column.marker for column in newest) else fresh

    def change(self, name: str, columns: int = WINDOW) -> int:
        """How much a total grew over the last columns."""
        return sum(column.deltas[name] for column in self.window(columns))

    def rate(self, name: str, columns: int = WINDOW) -> float:
        """How much a total grew a second of trace time over the last columns; 0 before the first."""
        window = self.window(columns)
        duration_ps = sum(column.duration_ps for column in window)
        grown = sum(column.deltas[name] for column in window)
        return grown * 1e12 / duration_ps if duration_ps else 0.0

    def per_packet(self, name: str, columns: int = WINDOW) -> float | None:
        """How much a total grew for each delivered packet; None when none was."""
        delivered = self.change("delivered", columns)
        return self.change(name, columns) / delivered if delivered else None

    def costs(self) -> dict[str, StageMeter]:
        """How often each step was taken over the window and what all of it cost."""
        costs: dict[str, StageMeter] = {}
        for column in self.window():
            for name, stage in column.stages.items():
                cost = costs.setdefault(name, StageMeter())
                cost.count += stage.count
                cost.total_ps += stage.total_ps
        return costs

    def shares(self) -> list[dict[Account, float]]:
        """For each core, the share of its time that went to each account over the window."""
        spans = zip(*(column.cores for column in self.window()), strict=False)
        cores = [[sum(booked) for booked in zip(*span, strict=True)] for span in spans]
        return [
            {account: ps / (sum(core) or 1) for account, ps in zip(Account, core, strict=True)}
            for core in cores
        ]
