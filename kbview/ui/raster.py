"""The raster: the cells that the terminal shows, and the few bytes that change them.

Textual sends a changed row from the widget's left edge on, and a whole screen when another screen
comes up. The raster compares each cell with the cell that was sent before it:

    unchanged cells     the cursor passes over them
    blanks              ECH erases them, EL at the end of a row
    a repeated cell     REP, where the terminal has shown that it knows REP
    another style       one sequence, and none before a blank

The control functions are defined in ECMA-48, 8.3.
"""

from collections.abc import Iterable, Iterator
from typing import cast

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import ControlType, Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from kbview.ui.brush import Brush, Cell, cells_of, changed

Segments = Iterable[Segment]
PlacedRun = tuple[int, int, list[tuple[str, Style | None]]]  # column and row, texts with styles
_UNKNOWN: Cell = ("?", "unknown")


class Differences(CompositorUpdate):
    """An update of Textual that is sent as its differences from a raster of this width."""

    def __init__(self, update: LayoutUpdate | ChopsUpdate, raster: "Raster", width: int) -> None:
        self._update = update
        self._raster = raster
        self._width = width

    def render_segments(self, console: Console) -> str:
        """The bytes that change the terminal. The raster has the new cells from now on."""
        segments = self._update.__rich_console__(console, console.options)
        system = console._color_system or ColorSystem.TRUECOLOR
        return self._raster.differences(cast("Segments", segments), self._width, system)


class Raster:
    """The cells of one terminal. `repeats`: whether the terminal knows REP."""

    def __init__(self) -> None:
        self.repeats = False
        self._rows: dict[int, list[Cell]] = {}

    def forget(self) -> None:
        """Nothing is known of the terminal's cells: another program or a resize has changed them."""
        self._rows.clear()

    def differences(self, segments: Segments, width: int, system: ColorSystem) -> str:
        """The bytes that bring these segments, which begin with a cursor position, to the terminal."""
        return self.changes(_runs(segments), width, system)

    def changes(self, runs: Iterable[PlacedRun], width: int, system: ColorSystem) -> str:
        """The bytes that bring runs of text to the terminal, each from its cell on."""
        brush = Brush(repeats=self.repeats)
        for x, y, run in runs:
            cells: list[Cell] = []
            for text, style in run:
                codes = "" if style is None else Strip.render_ansi(style, system)
                cells += cells_of(text, codes)
            self._change(x, y, cells, brush, width)
        return brush.finished()

    def _change(self, x: int, y: int, cells: list[Cell], brush: Brush, width: int) -> None:
        row = self._rows.setdefault(y, [])
        end = x + len(cells)
        row += [_UNKNOWN] * (end - len(row))
        for first, last in changed(row[x:end], cells):
            brush.go_to(x + first, y)
            brush.draw(cells[first:last], to_edge=x + last == width)
        row[x:end] = cells


def _runs(segments: Segments) -> Iterator[PlacedRun]:
    """Texts with their styles from each cursor position on."""
    x, y, run = 0, 0, list[tuple[str, Style | None]]()
    for text, style, control in segments:
        if control:
            if run:
                yield x, y, run
            code = control[0]
            if code[0] is ControlType.CURSOR_MOVE_TO and len(code) == 3:
                x, y, run = int(code[1]), code[2], []
        elif text != "\n":
            run.append((text, style))
    if run:
        yield x, y, run
