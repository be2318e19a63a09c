"""Rows: the drawing of a panel. A row is a list of runs of text, each with the name of its style."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from kbview.ui.characters import clean

Run = tuple[str, str]
Row = list[Run]
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_FATES = (12, 24)  # cells in a narrow and in a wide row
_WIDE = 100
_TEXTS, _ROWS = 4096, 512  # of which the cells are remembered
_CLAUSE = re.compile(r"[,:;] ")
_NUMBER_AT_END = re.compile(r"[#×]?\d[\w.,/]*$")


class Size(NamedTuple):
    """Room to draw in, in cells."""

    width: int
    height: int


@lru_cache(maxsize=_TEXTS)
def cells(text: str) -> int:
    """The cells that a text takes."""
    return len(text) if text.isascii() and text.isprintable() else cell_len(text)


def length(row: Iterable[Run]) -> int:
    """The cells that a row takes."""
    return sum([cells(text) for text, _ in row])


def text_of(row: Iterable[Run]) -> str:
    """The text of the row, without its styles."""
    return "".join(text for text, _ in row)


def fit(row: Iterable[Run], width: int) -> Row:
    """The row, cut or padded to exactly `width` cells; neighbours of one style become one run.

    Words and numbers that do not fit are marked by `…`; a number is left out whole, never cut.
    """
    return [*_fitted(tuple(row), width)]


@lru_cache(maxsize=_ROWS)
def _fitted(row: tuple[Run, ...], width: int) -> Row:
    """A row of `fit`; most rows of a screen are as they were a frame ago."""
    fitted: Row = []
    room = width
    for text, style in _shortened(row, width) if length(row) > width else row:
        taken = cells(text)
        _append(fitted, text if taken <= room else set_cell_size(text, room), style)
        room = max(0, room - taken)
    _append(fitted, " " * room, "text")
    return fitted


def _shortened(row: Sequence[Run], width: int) -> Sequence[Run]:
    """The beginning of the row that fits, with `…` at its end where a word or a number is missing."""
    text = text_of(row)
    if width < 1 or not any(char.isalnum() for char in _behind(text, width)):
        return row
    kept = cut(text, width).removesuffix("…")
    shortened: Row = []
    left = len(kept)
    for run, style in row:
        shortened.append((run[:left], style))
        left -= len(run)
        if left <= 0:
            return [*shortened, ("…", style)]
    return shortened


def _behind(text: str, width: int) -> str:
    """The part of the text behind its first `width` cells."""
    return text[len(set_cell_size(text, width)) :]


def whole(parts: Iterable[tuple[Row, int]], width: int) -> Row:
    """The parts that fit side by side, in their order; parts of the least worth are left out first."""
    kept = [part for part in parts if part[0]]
    while kept and sum(length(row) for row, _ in kept) > width:
        kept.remove(min(kept, key=lambda part: part[1]))
    return [run for row, _ in kept for run in row]


def first_that_fits(texts: Iterable[str], width: int) -> str:
    """The first text that is not too wide; `…` if none is."""
    return next((text for text in texts if cells(text) <= width), "…"[:width])


def clauses(text: str) -> list[str]:
    """The text, and its beginnings up to each comma, colon or semicolon, the longest first."""
    return [text, *(text[: found.start()] for found in reversed(list(_CLAUSE.finditer(text))))]


def faint(text: str, width: int) -> list[Row]:
    """A sentence in as many faint rows as it needs."""
    return [[(f" {line}", "faint")] for line in wrap(text, width - 2)]


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
    """A level in whole cells; a level below one cell is a part of a cell, in eighths, at least one."""
    filled = min(width, int(share * width + 0.5) if share * width >= 1 else 0)
    part = _EIGHTHS[max(1, round(8 * share * width))] if share > 0 and width and not filled else ""
    return [("█" * filled + part, style), ("░" * (width - filled - len(part)), "shade")]


def cut(text: str, width: int) -> str:
    """The text, with an ellipsis when it does not fit; no number stands before the ellipsis."""
    if cells(text) <= width:
        return text
    kept = set_cell_size(text, max(0, width - 1))
    if number := _NUMBER_AT_END.search(kept):  # "20…" may be 20 or 207
        kept = kept[: number.start()]
    return kept + "…"[:width]


def fate_room(width: int) -> int:
    """Cells at the end of a packet's row for its station or its end: a whole drop reason if it fits."""
    return _FATES[width >= _WIDE]


def lit(row: Row, text: str) -> Row:
    """The row with the first run that says exactly `text` marked as selected."""
    at = next((at for at, run in enumerate(row) if run[0].strip() == text), None)
    if at is None:
        return row
    said = row[at][0]
    begin = said.index(text)
    parts: Row = [
        (said[:begin], row[at][1]), (text, "pointer"), (said[begin + len(text) :], row[at][1])
    ]  # fmt: skip
    return [*row[:at], *(run for run in parts if run[0]), *row[at + 1 :]]


def title_row(name: str, right: str, width: int, focused: bool = False) -> Row:
    """The line that begins a part of the screen: its name, a rule, a few words at the right.

    The rule of the focused part is bright.
    """
    line = "accent" if focused else "rule"
    left: Row = [("─ ", line), (cut(clean(name), max(4, width - 8)), "title"), (" ", line)]
    return spread(left, [(f" {right} ", "dim"), ("─", line)] if right else [], width, ("─", line))
