"""The lecture's overheads of one or more runs side by side, all bars on one scale.

                      kernel 20k/s       kernel 1.8M/s
context switches    2.8 µs ███████       12 ns ▏
protocol            430 ns █            420 ns █
largest           context switches      protocol
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kbview.state.overheads import NAMES, PROTOCOL
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, bar, cut, first_that_fits, fit

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
_SHORT = {  # in a column that is narrower than the name
    "mode switches": "mode",
    "context switches": "context",
    "cache and TLB": "cache",
    "application": "app",
    PROTOCOL: "protocol",
}
_ALL = 99  # rows, more than there are groups


class OverheadColumn(NamedTuple):
    """A run's groups: picoseconds for each delivered packet, under a label of datapath and load."""

    label: str
    groups: Mapping[str, float]

    @property
    def largest(self) -> str:
        """The group that costs most; "" if none costs anything."""
        name = max(NAMES, key=lambda each: self.groups.get(each, 0.0))
        return name if self.groups.get(name) else ""


def draw(columns: Sequence[OverheadColumn], width: int, height: int = _ALL) -> list[Row]:
    """The head, a row for each group that costs something in a column, and the largest of each.

    The newest columns that have room for a number are drawn. In a low `height` the groups of the
    smallest shares are one row.
    """
    columns = columns[-max(1, (width - _TERM) // (_EACH + 1)) :]
    room = (width - _TERM) // max(1, len(columns))
    shown = [name for name in NAMES if any(one.groups.get(name) for one in columns)]
    if not shown:
        return []
    heads, last = _heads(columns, room), _largest(columns, room)
    most = max(2, height - len(heads) - 1)
    kept = shown if len(shown) <= most else _dearest(shown, columns, most - 1)
    most_ps = max(ps for one in columns for ps in one.groups.values())
    rows = [_group(name, columns, most_ps, room) for name in kept]
    if len(kept) < len(shown):
        rows.append(_rest([name for name in shown if name not in kept], columns, room))
    return [fit(row, width) for row in [*heads, *rows, last]]


def _dearest(names: Sequence[str], columns: Sequence[OverheadColumn], count: int) -> list[str]:
    """The groups of the largest shares of any column, in the order of the table."""

    def share(name: str) -> float:
        return max(one.groups.get(name, 0.0) / (sum(one.groups.values()) or 1.0) for one in columns)

    chosen = sorted(names, key=share, reverse=True)[:count]
    return [name for name in names if name in chosen]


def _rest(names: Sequence[str], columns: Sequence[OverheadColumn], room: int) -> Row:
    """The sum of the groups that have no row of their own."""
    row: Row = [(f" {f'{len(names)} more':<{_TERM - 1}}", "dim")]
    for one in columns:
        cost_ps = sum(one.groups.get(name, 0.0) for name in names)
        row += [(f"{fmt.duration(cost_ps):>{_EACH - 1}}", "dim"), (" " * (room - _EACH + 1), "text")]
    return row


def _largest(columns: Sequence[OverheadColumn], room: int) -> Row:
    """The largest group of each column, in a narrow column by one of its words."""
    row: Row = [(f" {'largest':<{_TERM - 1}}", "accent")]
    for one in columns:
        names = (one.largest or "-", _SHORT.get(one.largest, "-"))
        row.append((f"{first_that_fits(names, room - 1):<{room}}", "strong"))
    return row


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
