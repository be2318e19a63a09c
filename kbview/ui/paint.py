"""The short way of a frame of play: changed rows go from the boards to the raster.

    boards -> rows -> raster -> terminal                           the same boards hold other rows
    boards -> messages -> layout, compositor -> raster -> terminal      everything else

Textual's way takes a message for each board, its timer and a search for the widgets at each row. These
find out that the boards are where they were.
"""

from collections.abc import Iterable
from typing import NamedTuple, cast

from rich.color import ColorSystem
from rich.console import Console, RenderableType
from rich.style import Style
from textual._compositor import CompositorUpdate
from textual.screen import Screen

from kbview.ui.raster import Raster
from kbview.ui.teletype import Teletype


class PlacedRow(NamedTuple):
    """The screen's cell at which a row begins, and its texts with their styles."""

    x: int
    y: int
    runs: list[tuple[str, Style | None]]


class PaintedRows(CompositorUpdate):
    """An update of Textual that holds rows alone, and is sent as its differences from a raster."""

    def __init__(self, rows: Iterable[PlacedRow], raster: Raster, width: int) -> None:
        self._rows = rows
        self._raster = raster
        self._width = width

    def render_segments(self, console: Console) -> str:
        """The bytes that change the terminal. The raster has the new cells from now on."""
        system = console._color_system or ColorSystem.TRUECOLOR
        return self._raster.changes(self._rows, self._width, system)


def paint(screen: Screen[None], rows: list[PlacedRow]) -> bool:
    """Send the rows of the screen on top; False where they have to go Textual's way.

    They have to in a browser and without a terminal, and while Textual is about to move the boards.
    """
    app = screen.app
    driver = app._driver
    if not isinstance(driver, Teletype) or app._batch_count or screen._layout_required:
        return False
    update = PaintedRows(rows, driver.raster, app.size.width)
    app._display(screen, cast("RenderableType", update))
    return True
