"""The lecture's overheads of one or more runs side by side, all bars on one scale.

                      kernel 20k/s       kernel 1.8M/s
context switches    2.8 µs ███████       12 ns ▏
protocol            430 ns █            420 ns █
largest           context switches      protocol
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kbview.state.overheads import NAMES
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, bar, cut, fit

HELP = (
    ("interrupts ... application", "the lecture's overheads; every step belongs to one of them"),
    ("bar", "time for each delivered packet; all bars of the table have one scale"),
    ("largest", "the overhead that costs most"),
    (
        "x",
        "a light load (20k/s, one frame at a time) beside a heavier one, or a flood (2.5M/s) beside it",
    ),
    ("c", "keeps these numbers, to stand beside another load (l ↑ ↓) or another datapath (t, m)"),
)
_TERM, _EACH, _LEAST_BAR, _MOST_BAR = 18, 8, 3, 30


class OverheadColumn(NamedTuple):
    """A run's groups: picoseconds for each delivered packet, under a label of datapath and load."""

    label: str
    groups: Mapping[str, float]

    @property
    def largest(self) -> str:
        """The group that costs most; "" if none costs anything."""
        name = max(NAMES, key=lambda each: self.groups.get(each, 0.0))
        return name if self.groups.get(name) else ""


def draw(columns: Sequence[OverheadColumn], width: int) -> list[Row]:
    """The head, a row for each group that costs something in a column, and the largest of each."""
    room = (width - _TERM) // max(1, len(columns))
    most_ps = max((ps for one in columns for ps in one.groups.values()), default=0.0)
    shown = [name for name in NAMES if any(one.groups.get(name) for one in columns)]
    last: Row = [(f" {'largest':<{_TERM - 1}}", "accent")]
    for one in columns:
        last.append((f"{cut(one.largest or '-', room - 1):<{room}}", "strong"))
    rows = [_group(name, columns, most_ps, room) for name in shown]
    return [fit(row, width) for row in ([*_heads(columns, room), *rows, last] if shown else [])]


def _heads(columns: Sequence[OverheadColumn], room: int) -> list[Row]:
    """The labels in a row; in two, datapath above load, if a label is too long for its column."""
    labels = [clean(one.label) for one in columns]
    if max(map(len, labels), default=0) < room:
        return [_head(labels, room)]
    parts = [label.partition(" ") for label in labels]
    return [
        _head(texts, room) for texts in ([one for one, _, _ in parts], [two for _, _, two in parts])
    ]


def _head(texts: Sequence[str], room: int) -> Row:
    return [(" " * _TERM, "text"), *((f"{cut(one, room - 1):<{room}}", "accent") for one in texts)]


def _group(name: str, columns: Sequence[OverheadColumn], most_ps: float, room: int) -> Row:
    row: Row = [(f" {name:<{_TERM - 1}}", "text")]
    for one in columns:
        cost_ps = one.groups.get(name, 0.0)
        style = "strong" if name == one.largest else "text"
        row.append((f"{fmt.duration(cost_ps) if cost_ps else '-':>{_EACH - 1}} ", style))
        cells = min(room - _EACH - 1, _MOST_BAR)
        if cells >= _LEAST_BAR:
            row += bar(cost_ps / most_ps, cells, "kernel")
            row.append((" " * (room - _EACH - cells), "text"))
        else:
            row.append((" " * (room - _EACH), "text"))
    return row
