"""Trends: a history as a row of columns, with the markers of the toggles in it.

A cell gathers `GATHER` columns and is drawn when they are complete, so a row changes twice a second
and not ten times; cells are aligned to the columns' numbers, so they do not shimmer as time goes on.
"""

from collections.abc import Sequence
from itertools import groupby, islice
from typing import NamedTuple

from kbview.state.column import Column
from kbview.state.histories import Histories
from kbview.state.interval import Interval
from kbview.ui import format as fmt
from kbview.ui.row import Row, Size, cut, length

GATHER = 5
_LEVELS = " ▁▂▃▄▅▆▇█"


class TrendCell(NamedTuple):
    """A rate, or the marker that stands in its place."""

    rate: float
    marker: str


def gather(histories: Histories, name: str, cells: int) -> list[TrendCell]:
    """The last complete cells of a total's rate a second of trace time, oldest first."""
    columns = reversed(histories.columns)
    groups = groupby(columns, key=lambda column: (column.number - 1) // GATHER)
    newest_first = [_cell(list(group), name) for _, group in islice(groups, cells + 1)]
    whole = bool(histories.columns) and histories.columns[-1].number % GATHER == 0
    return newest_first[0 if whole else 1 :][:cells][::-1]


def gather_drops(histories: Histories, key: str, cells: int) -> str:
    """The growth of the drops at one place for one reason, a character a cell, oldest first."""
    columns = reversed(histories.columns)
    groups = groupby(columns, key=lambda column: (column.number - 1) // GATHER)
    grown = [
        sum(column.interval.dropped(key) for column in group) for _, group in islice(groups, cells)
    ]
    most = max(grown, default=0) or 1
    levels = [_LEVELS[-(-count * (len(_LEVELS) - 1) // most)] for count in reversed(grown)]
    return "".join(levels).rjust(cells)


def _cell(columns: Sequence[Column], name: str) -> TrendCell:
    """`columns` are newest first."""
    interval = Interval(columns[-1].interval.before, columns[0].interval.after)
    marker = next((column.marker for column in columns if column.marker), "")
    return TrendCell(interval.change(name) * 1e12 / interval.duration_ps, marker)


def chart(histories: Histories, name: str, width: int, height: int, style: str) -> list[Row]:
    """`height` rows of `width` cells; the tallest cell is the highest rate in sight."""
    cells = gather(histories, name, width)
    top = max((cell.rate for cell in cells), default=0.0)
    steps = [_steps(cell.rate, top, height) for cell in cells]
    pad = " " * (width - len(cells))
    rows: list[Row] = []
    for base in range(8 * (height - 1), -1, -8):
        row: Row = [(pad, style)]
        for cell, step in zip(cells, steps, strict=True):
            level = _LEVELS[max(0, min(8, step - base))]
            row.append(("┊", "marker") if cell.marker else (level, style))
        rows.append(row)
    return rows


def _steps(rate: float, top: float, height: int) -> int:
    """Eighths of a cell; what is not nothing shows."""
    return max(1, round(8 * height * rate / top)) if rate else 0


def labelled(label: Row, chart_rows: list[Row], width: int) -> list[Row]:
    """A chart with its label before the first row; the label's room is `width` cells."""
    pad: Row = [(" " * (width - length(label)), "text")]
    blank: Row = [(" " * width, "text")]
    return [[*(label + pad if not at else blank), *row] for at, row in enumerate(chart_rows)]


def names(histories: Histories, width: int) -> Row:
    """Below a chart: which datapath began at each marker."""
    cells = gather(histories, "arrived", width)
    row: Row = [(" " * (width - len(cells)), "dim")]
    at = 0
    while at < len(cells):
        if cells[at].marker:
            room = (
                next((end for end in range(at + 1, len(cells)) if cells[end].marker), len(cells)) - at
            )
            name = cut(f"┊{cells[at].marker}", room)
            row.append((name, "marker"))
            at += len(name)
        else:
            row.append((" ", "dim"))
            at += 1
    return row


def per_packet(histories: Histories, kinds: Sequence[tuple[str, str, str]], size: Size) -> list[Row]:
    """A chart for each (total, label, style), with its number per packet: a rate alone says little
    about a datapath."""
    height = max(1, size.height // len(kinds))
    rows: list[Row] = []
    for name, label, style in kinds:
        each = histories.per_packet(name)
        value = "-" if each is None else fmt.quantity(each)
        heading: Row = [(f"{label:<9}", "text"), (f"{value:<4}", "strong"), (" /delivered ", "dim")]
        room = length(heading)
        rows += labelled(heading, chart(histories, name, size.width - room, height, style), room)
    return rows
