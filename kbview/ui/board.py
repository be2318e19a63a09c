"""A board: a wide widget that stacks drawings, and repaints the rows that changed and no others.

Textual sends a changed row from the widget's left edge on and never compares it with the last
frame, so a board is a column of the screen, compares rows itself, and merges runs of one style.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from kbview.ui.characters import clean, to_ascii
from kbview.ui.paint import PlacedRow
from kbview.ui.row import Row, Size, fit
from kbview.ui.theme import Theme, style

Draw = Callable[[Size], list[Row]]


class Drawing(NamedTuple):
    """What fills so many rows, and for how many frames one picture stays up."""

    draw: Draw
    height: int
    cadence: int


class Board(Widget, can_focus=False):
    """A stack of drawings."""

    def __init__(self, *, name: str, theme: Theme, ascii_only: bool) -> None:
        super().__init__(id=name)
        self._theme = theme
        self._ascii = ascii_only
        self._drawings: Sequence[Drawing] = ()
        self._rows: list[Row] = []
        self._strips: dict[int, Strip] = {}

    def stack(self, drawings: Sequence[Drawing]) -> None:
        """Show these from now on."""
        self._drawings = drawings
        self._rows = []
        self._strips.clear()

    def recolour(self, theme: Theme) -> None:
        """The same rows in another theme."""
        self._theme = theme
        self._strips.clear()
        self.refresh()

    def show(self, frame: int = 0) -> list[int]:
        """Draw what is due at this frame, and have Textual repaint it; the numbers of changed rows."""
        changed = self.draw(frame)
        self.repaint(changed)
        return changed

    def repaint(self, rows: Iterable[int]) -> None:
        """Have Textual repaint these rows; without any nothing happens."""
        if regions := [Region(0, y, self.size.width, 1) for y in rows]:
            self.refresh(*regions)

    def draw(self, frame: int = 0) -> list[int]:
        """Draw what is due at this frame, at frame 0 everything; the numbers of changed rows."""
        width = self.size.width
        changed: list[int] = []
        top = 0
        self._rows += [[] for _ in range(sum(d.height for d in self._drawings) - len(self._rows))]
        for drawing in self._drawings:
            if frame % drawing.cadence == 0:
                rows = drawing.draw(Size(width, drawing.height))
                changed += self._replace(top, rows)
            top += drawing.height
        return changed

    def _replace(self, top: int, rows: list[Row]) -> list[int]:
        changed = [y for y, row in enumerate(rows, start=top) if self._rows[y] != row]
        for y in changed:
            self._rows[y] = rows[y - top]
            self._strips.pop(y, None)
        return changed

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a part of the board as they are: it has no border, tint or filter.

        A terminal without colours has a theme without colours.
        """
        strips = [self.render_line(y) for y in crop.line_range]
        if crop.column_span == (0, self.size.width):
            return strips
        return [strip.crop(*crop.column_span) for strip in strips]

    def placed(self, changed: Iterable[int]) -> list[PlacedRow]:
        """These rows and their places on the screen, as far as the board reaches."""
        x, y, width, height = self.region
        return [PlacedRow(x, y + row, self._runs(row, width)) for row in changed if row < height]

    def render_line(self, y: int) -> Strip:
        """The row as Textual wants it."""
        width = self.size.width
        strip = self._strips.get(y)
        if strip is None or strip.cell_length != width:
            segments = [Segment(text, painted) for text, painted in self._runs(y, width)]
            strip = self._strips[y] = Strip(segments, width)
        return strip

    def _runs(self, y: int, width: int) -> list[tuple[str, Style | None]]:
        """The texts of a row with their styles; behind the last row there are blanks."""
        row = fit(self._rows[y] if y < len(self._rows) else [], width)
        cleaned = [(clean(text), style(self._theme, name)) for text, name in row]
        return [(to_ascii(text), painted) for text, painted in cleaned] if self._ascii else [*cleaned]
