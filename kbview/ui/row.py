"""Rows: what a panel draws. A row is a list of runs of text, each with the name of its style."""

from collections.abc import Iterable
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from kbview.ui.characters import clean

Run = tuple[str, str]
Row = list[Run]


class Size(NamedTuple):
    """Room to draw in, in cells."""

    width: int
    height: int


def length(row: Row) -> int:
    """The cells that a row takes."""
    return sum(cell_len(text) for text, _ in row)


def text_of(row: Row) -> str:
    """What the row says, without its styles."""
    return "".join(text for text, _ in row)


def fit(row: Iterable[Run], width: int) -> Row:
    """The row, cut or padded to exactly `width` cells; neighbours of one style become one run."""
    fitted: Row = []
    for text, style in row:
        room = width - length(fitted)
        piece = text if cell_len(text) <= room else set_cell_size(text, room)
        _append(fitted, piece, style)
    _append(fitted, " " * (width - length(fitted)), "text")
    return fitted


def _append(row: Row, text: str, style: str) -> None:
    if not text:
        return
    if row and row[-1][1] == style:
        text = row.pop()[0] + text
    row.append((text, style))


def spread(left: Row, right: Row, width: int, fill: Run = (" ", "text")) -> Row:
    """`left` at the left and `right` at the right end; `right` gives way when both do not fit."""
    gap = width - length(left) - length(right)
    if gap < 0:
        return fit(left, width)
    return fit([*left, (fill[0] * gap, fill[1]), *right], width)


def block(rows: Iterable[Row], size: Size) -> list[Row]:
    """Exactly as many rows, exactly as wide, as there is room for."""
    fitted = [fit(row, size.width) for _, row in zip(range(size.height), rows, strict=False)]
    return fitted + [fit([], size.width) for _ in range(size.height - len(fitted))]


def bar(share: float, width: int, style: str) -> Row:
    """A level in whole cells; anything above nothing shows at least one."""
    filled = min(width, max(round(share * width), 1 if share > 0 else 0))
    return [("█" * filled, style), ("░" * (width - filled), "faint")]


def cut(text: str, width: int) -> str:
    """The text, with an ellipsis when it does not fit."""
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"[:width]


def title_row(name: str, right: str, width: int, focused: bool = False) -> Row:
    """The line that begins a part of the screen: its name, a rule, a few words at the right.

    The rule of the focused part is bright.
    """
    line = "accent" if focused else "rule"
    left: Row = [("─ ", line), (cut(clean(name), max(4, width - 8)), "title"), (" ", line)]
    return spread(left, [(f" {right} ", "dim"), ("─", line)] if right else [], width, ("─", line))
