"""What happened in each frame of the screen: one column a frame, with markers, and rates from them."""

from collections import deque

import msgspec

from kbview.tape.meter import TOTALS, Meters

LENGTH = 400  # columns kept: more than the widest terminal shows


class Column(msgspec.Struct):
    """The change of every total from `time_ps - duration_ps` to `time_ps`."""

    time_ps: int
    duration_ps: int
    deltas: dict[str, int]
    stages: dict[str, int]
    busy: tuple[float, ...]  # share of each core's time that was not idle
    marker: str = ""


class Histories:
    """The last columns, oldest first. A column in which no time passed is not kept."""

    def __init__(self) -> None:
        self.columns: deque[Column] = deque(maxlen=LENGTH)
        self._marker = ""
        self._before: Meters | None = None
        self._before_ps = 0

    def mark(self, text: str) -> None:
        """Put a marker on the column that is being gathered."""
        self._marker = text

    def close(self, now_ps: int, meters: Meters) -> None:
        """End a column: the meters have advanced to `now_ps`."""
        before, self._before = self._before, meters.copy()
        duration_ps, self._before_ps = now_ps - self._before_ps, now_ps
        if before is None or duration_ps <= 0:
            return
        deltas = {name: getattr(meters, name) - getattr(before, name) for name in TOTALS}
        stages = {
            name: stage.count - (before.stages[name].count if name in before.stages else 0)
            for name, stage in meters.stages.items()
        }
        busy = tuple(
            min(1.0, max(0.0, 1 - (core.idle_ps - was.idle_ps) / duration_ps))
            for core, was in zip(meters.cores, before.cores, strict=False)
        )
        self.columns.append(Column(now_ps, duration_ps, deltas, stages, busy, self._marker))
        self._marker = ""

    def _window(self, columns: int) -> list[Column]:
        """The last columns, but none from before the last marker: rates do not mix two datapaths."""
        window: list[Column] = []
        for column in reversed(self.columns):
            window.append(column)
            if column.marker or len(window) == columns:
                break
        return window

    def change(self, name: str, columns: int = 10) -> int:
        """How much a total grew over the last columns."""
        return sum(column.deltas[name] for column in self._window(columns))

    def rate(self, name: str, columns: int = 10) -> float:
        """How much a total grew a second of trace time over the last columns; 0 before the first."""
        window = self._window(columns)
        duration_ps = sum(column.duration_ps for column in window)
        grown = sum(column.deltas[name] for column in window)
        return grown * 1e12 / duration_ps if duration_ps else 0.0

    def per_packet(self, name: str, columns: int = 10) -> float | None:
        """How much a total grew for each delivered packet; None when none was."""
        delivered = self.change("delivered", columns)
        return self.change(name, columns) / delivered if delivered else None
