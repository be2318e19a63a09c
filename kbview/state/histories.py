"""The history of the meters: one column for each cell of a grid over trace time, from samples alone.

A column ends at the first sample in a cell of the grid, so the same tape gives the same columns
forward, back or by a leap. Cells in which no sample stands have no column.

    sample      |   |   |       | | |   |        on the tape
    grid      0      1      2      3      4      column_ps wide
    column     ~~~~>|~~~~~~~~~~>|~~~~~>|
"""

from collections import deque
from collections.abc import Hashable, Iterator
from itertools import groupby

from kbview.state.column import LENGTH, Column
from kbview.state.column_counts import ColumnCounts
from kbview.state.interval import Interval
from kbview.state.reducer import Reducer
from kbview.tape.event import Event
from kbview.tape.events import DatapathStarted
from kbview.tape.meter import Sample, StageMeter
from kbview.tape.station import Station
from kbview.tape.tape import Reel

WINDOW = 10  # columns that a rate looks back: about a second of the viewer's time
HOLD = 5  # columns that a rate stays as it is, or nobody could read it
LEAST_PS = 100 * 10**6  # and no less trace time than this: slow motion must not make rates jump


class Histories(Reducer):
    """The last columns, oldest first.

    A frame of the screen asks for the same numbers station by station, and for old columns again. So
    answers are kept: `passes` by station, `rates`, `costs_ps` and the texts in `told` until `recent`
    gives another interval, `units` until there is another column.
    """

    hears = frozenset({Sample})

    def __init__(self, column_ps: int) -> None:
        self.column_ps = column_ps
        self.columns: deque[Column] = deque(maxlen=LENGTH)
        self._last: Sample | None = None  # the one that ended the last column
        self._marker = self._datapath = ""
        self._recent: dict[int, Interval | None] = {}  # many panels ask for the same interval
        self._rated: Interval | None = None  # the interval of `rates` and `costs_ps`
        self.passes: dict[Station, ColumnCounts] = {}
        self.rates: dict[Station, tuple[float | None, str]] = {}
        self.costs_ps: dict[Station, float | None] = {}
        self.told: dict[Hashable, list[tuple[str, str]]] = {}
        self.units: list[int] = []

    def open(self, started: DatapathStarted) -> None:
        """Another datapath begins in the column that is being gathered."""
        if self._datapath:
            self._marker = started.datapath
            self._forget()
        self.passes.clear()
        self._datapath = started.datapath

    def apply(self, record: Event) -> None:
        if isinstance(record, Sample):
            self._add(record)

    def _add(self, sample: Sample) -> None:
        last, number = self._last, self._number(sample)
        if last is None:
            self._last, self._marker = sample, ""
        elif number != self._number(last):
            self.columns.append(Column(number, Interval(last, sample), self._marker))
            self._last, self._marker = sample, ""
            self._forget()

    def _forget(self) -> None:
        """The columns are others than at the last question."""
        self._recent.clear()
        self.units.clear()

    def load(self, tape: Reel, position: int) -> None:
        """Take over the columns of all samples before `position`, in a few reads of the tape."""
        self.columns.clear()
        self.passes.clear()
        self._forget()
        self._last = None
        ends = self._ends(tape, position)
        toggles = self._toggles(tape, [*ends, position]) if ends else {}
        for end in ends:
            self._marker = toggles.get(end, "")
            self._add(tape.sample_at(end))
        self._marker = toggles.get(position, "")

    def _ends(self, tape: Reel, position: int) -> list[int]:
        """The positions of the samples that end a column, oldest first, and of the one before."""
        ends: list[int] = []
        while len(ends) <= LENGTH and (at := tape.sample_before(position)) is not None:
            cell_ps = tape.sample_time_at(at) // self.column_ps * self.column_ps
            first = tape.sample_from(cell_ps)
            position = at if first is None else first
            ends.append(position)
        return ends[::-1]

    def _toggles(self, tape: Reel, ends: list[int]) -> dict[int, str]:
        """The datapath that began before each of these ends; ends without a change are left out."""
        last = tape.started_before(ends[-1])
        if last is None or last.time_ps < tape.sample_time_at(ends[0]):
            return {}
        return dict(_changes(tape, ends))

    def _number(self, sample: Sample) -> int:
        return sample.time_ps // self.column_ps

    # ---- the questions of panels -----------------------------------------------------------------

    def recent(self, columns: int = WINDOW) -> Interval | None:
        """The last columns as one interval, up to a column with a number that HOLD divides.

        It covers at least LEAST_PS if there is as much, and nothing of the column in which a datapath
        began or from before it: no rate mixes two datapaths. None before the first column that is whole
        since then.
        """
        if columns not in self._recent:
            self._recent[columns] = self._span(max(columns * self.column_ps, LEAST_PS))
            if columns == WINDOW:
                self._rate_anew(self._recent[columns])
        return self._recent[columns]

    def _rate_anew(self, recent: Interval | None) -> None:
        """Forget the rates of another interval."""
        rated, self._rated = self._rated, recent
        same = rated and recent and rated.before is recent.before and rated.after is recent.after
        if not same:
            self.rates.clear()
            self.costs_ps.clear()
            self.told.clear()

    def stretch(self) -> Interval | None:
        """All columns that are kept since the last marker, as one interval."""
        before = after = None
        for column in [] if self._marker else reversed(self.columns):
            if column.marker:
                break
            before, after = column.interval.before, after or column.interval.after
        return Interval(before, after) if before and after else None

    def _span(self, least_ps: int) -> Interval | None:
        before = after = None
        for column in [] if self._marker else self._settled():
            if column.marker:
                break  # in this one the former datapath ended
            before, after = column.interval.before, after or column.interval.after
            if after.time_ps - before.time_ps >= least_ps:
                break
        return Interval(before, after) if before and after else None

    def _settled(self) -> list[Column]:
        """Newest first, without the columns of an incomplete group of HOLD, if any others are left.

        A marker among the newest columns makes them count at once.
        """
        newest_first = list(reversed(self.columns))
        if not newest_first:
            return []
        number = newest_first[0].number
        fresh = next(groupby(newest_first, key=lambda column: (column.number - 1) // HOLD))[1]
        group = list(fresh)
        whole = number % HOLD == 0 or any(column.marker for column in group)
        return newest_first if whole else newest_first[len(group) :] or newest_first

    def change(self, name: str, columns: int = WINDOW) -> int:
        """How much a total grew over the last columns."""
        recent = self.recent(columns)
        return recent.change(name) if recent else 0

    def rate(self, name: str, columns: int = WINDOW) -> float | None:
        """How much a total grew a second of trace time over the last columns; None without a column."""
        recent = self.recent(columns)
        return recent.change(name) * 1e12 / recent.duration_ps if recent else None

    def per_packet(self, name: str, columns: int = WINDOW) -> float | None:
        """How much a total grew for each delivered packet; None when no packet was delivered."""
        delivered = self.change("delivered", columns)
        return self.change(name, columns) / delivered if delivered else None

    def costs(self) -> dict[str, StageMeter]:
        """How often each step was taken over the last columns, and the cost of all of them."""
        recent = self.recent()
        return recent.stages() if recent else {}


def _changes(tape: Reel, ends: list[int]) -> Iterator[tuple[int, str]]:
    """By halves: halves between two ends under the same datapath are not looked at."""
    before, after = tape.started_before(ends[0]), tape.started_before(ends[-1])
    if after is None or before == after:
        return
    if len(ends) > 2:
        middle = len(ends) // 2
        yield from _changes(tape, ends[: middle + 1])
        yield from _changes(tape, ends[middle:])
    elif before is not None:  # the first datapath of a tape replaces none
        yield ends[1], after.datapath
