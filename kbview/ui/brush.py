"""A brush: the bytes that draw cells on a terminal, and the cells of a row that have to be drawn.

It is compiled with the emulator (scripts/native.py): a frame at 200x55 compares some 4,000 cells.
The control functions are defined in ECMA-48, 8.3.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import compress
from operator import ne

from rich.cells import get_character_cell_size

Cell = tuple[str, str]  # a character and the codes of its style; "" is the second half of a wide one
_BLANK: Cell = (" ", "")
_ERASED = 12  # so many blanks take fewer bytes erased and passed over than sent
_PIECE = 16  # cells that are compared at once
_PASSED = 6  # so many unchanged cells take fewer bytes sent again than passed over
_PLAIN = "\x1b[0m"
# bold, dim, italic and colours of the text: a blank shows none of them
_TEXT_ONLY = re.compile(r"(?:(?:[123]|49|3[0-79]|9[0-7]|38;5;\d+|38;2;\d+;\d+;\d+)(?:;|$))*")


class Brush:
    """Writes cells at the cursor, and remembers the style that the terminal is in."""

    def __init__(self, *, repeats: bool) -> None:
        self._repeats = repeats
        self._style = ""
        self._paints = False  # whether the style shows in a blank
        self._written: list[str] = []

    def go_to(self, x: int, y: int) -> None:
        """Put the cursor on a cell of the screen."""
        self._written.append(f"\x1b[{y + 1};{x + 1}H")

    def draw(self, cells: Sequence[Cell], *, to_edge: bool) -> None:
        """Write these cells; `to_edge`: the last cell is the last of its row."""
        at, end = 0, len(cells)
        while at < end:
            cell, first = cells[at], at
            while at < end and cells[at] == cell:
                at += 1
            if cell == _BLANK:
                self._erase(at - first, to_edge=to_edge and at == end)
            else:
                self._repeat(cell, at - first)

    def finished(self) -> str:
        """All that was written; the terminal is back in its own style."""
        if self._style:
            self._written.append(_PLAIN)
        return "".join(self._written)

    def _erase(self, count: int, *, to_edge: bool) -> None:
        if self._paints:
            self._turn("")
        if to_edge and count > len("\x1b[K"):
            self._written.append("\x1b[K")
        elif count > _ERASED:
            self._written.append(f"\x1b[{count}X\x1b[{count}C")
        else:
            self._written.append(" " * count)

    def _repeat(self, cell: Cell, count: int) -> None:
        character, codes = cell
        if codes != self._style:
            self._turn(codes)
        if count == 1:
            self._written.append(character)
            return
        repeated = f"{character}\x1b[{count - 1}b"
        whole = character * count
        shorter = self._repeats and len(repeated.encode()) < len(whole.encode())
        self._written.append(repeated if shorter else whole)

    def _turn(self, codes: str) -> None:
        lead = "0;" if self._style else ""
        self._written.append(f"\x1b[{lead}{codes}m" if codes else _PLAIN)
        self._style = codes
        self._paints = _paints(codes)


@lru_cache(maxsize=4096)
def cells_of(text: str, codes: str) -> tuple[Cell, ...]:
    """The cells of a run of text; most runs of a changed row are as they were."""
    blank = (" ", codes) if _paints(codes) else _BLANK
    if text.isascii():
        return tuple([blank if character == " " else (character, codes) for character in text])
    cells: list[Cell] = []
    for character in text:
        size = get_character_cell_size(character)
        if not size and cells:  # belongs to the character before it
            cells[-1] = (cells[-1][0] + character, codes)
        else:
            cells.append(blank if character == " " else (character, codes))
            cells += [("", codes)] * (size - 1)
    return tuple(cells)


def changed(old: Sequence[Cell], new: Sequence[Cell]) -> list[tuple[int, int]]:
    """Stretches that hold all changed cells, and both halves of a wide character."""
    stretches: list[tuple[int, int]] = []
    first = last = -1
    for at in _differing(old, new):
        if first >= 0 and at - last > _PASSED:
            stretches.append((first, last))
            first = -1
        if first < 0:
            first = at - (not new[at][0])  # a wide character is sent as a whole
        last = at + 1
    return [*stretches, (first, last)] if first >= 0 else stretches


def _differing(old: Sequence[Cell], new: Sequence[Cell]) -> list[int]:
    """The places where two rows of one length differ; equal pieces are passed over at once."""
    places: list[int] = []
    for begin in range(0, len(new), _PIECE):
        end = begin + _PIECE
        if old[begin:end] != new[begin:end]:
            places += compress(range(begin, end), map(ne, old[begin:end], new[begin:end]))
    return places


@cache
def _paints(codes: str) -> bool:
    """Whether a blank in this style differs from an erased cell."""
    return _TEXT_ONLY.fullmatch(codes) is None
