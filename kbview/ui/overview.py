"""The Overview: the path over the whole width, panels in columns below it, the reason and the keys."""

from collections.abc import Sequence
from functools import partial

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from kbview.state.player import Player
from kbview.ui import frame as around
from kbview.ui.board import Board, Drawing
from kbview.ui.layout import LEAST, arrange
from kbview.ui.panel import Panel
from kbview.ui.panels import PANELS
from kbview.ui.row import Row, Size
from kbview.ui.theme import Theme

_COLUMNS = 4
_CADENCE = 5  # of the title and the sentence of why


class Overview(Screen[None]):
    """Every panel at once."""

    AUTO_FOCUS = None
    DEFAULT_CSS = """
    Overview { layout: vertical; background: ansi_default; overflow: hidden; }
    Overview Board { background: ansi_default; }
    Overview #columns { height: 1fr; }
    Overview #columns Board { width: 1fr; height: 1fr; margin-right: 1; }
    Overview #columns Board.last { margin-right: 0; }
    Overview #foot { height: 2; }
    Overview #small { display: none; height: 1fr; content-align: center middle; }
    Overview.small Board, Overview.small #columns { display: none; }
    Overview.small #small { display: block; }
    """

    def __init__(
        self, player: Player, hints: Sequence[tuple[str, str]], theme: Theme, ascii_only: bool
    ) -> None:
        super().__init__()
        self.message = ""
        self._player = player
        self._hints = hints
        board = partial(Board, theme=theme, ascii_only=ascii_only)
        self._head, self._foot = board(name="head"), board(name="foot")
        self._columns = [board(name=f"column{at}") for at in range(_COLUMNS)]
        self._frame = 0

    @property
    def boards(self) -> list[Board]:
        """All of them, in the order of the screen."""
        return [self._head, *self._columns, self._foot]

    def compose(self) -> ComposeResult:
        """Head, columns, foot, and what is said when there is no room for them."""
        yield self._head
        with Horizontal(id="columns"):
            yield from self._columns
        yield self._foot
        yield Static(id="small", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Arrange the panels anew."""
        size = Size(*event.size)
        small = size.width < LEAST.width or size.height < LEAST.height
        self.set_class(small, "small")
        if small:
            self.query_one("#small", Static).update(
                f"kbview needs {LEAST.width}x{LEAST.height} cells; here are {size.width}x{size.height}."
            )
            return
        self._arrange(size)
        self.call_after_refresh(self.show)

    def _arrange(self, size: Size) -> None:
        layout = arrange(size, PANELS)
        named = {panel.name: panel for panel in PANELS}
        self._head.styles.height = 1 + layout.path
        self._head.stack(
            [
                Drawing(partial(around.title, self._player), 1, _CADENCE),
                self._drawing(named["path"], layout.path),
            ]
        )
        self._foot.stack(
            [
                Drawing(lambda size: around.why(self._player, self.message, size), 1, _CADENCE),
                Drawing(partial(around.keys, self._hints), 1, 1),
            ]
        )
        for at, board in enumerate(self._columns):
            used = at < len(layout.columns)
            board.display = used
            board.set_class(at == len(layout.columns) - 1, "last")
            column = layout.columns[at] if used else ()
            board.stack([self._drawing(named[name], height) for name, height in column])

    def _drawing(self, panel: Panel, height: int) -> Drawing:
        """The panel, or its reason for being grey."""
        reason = panel.lacks(self._player.source.capabilities)
        if reason is not None:
            return Drawing(partial(panel.draw_greyed, reason), height, panel.cadence)

        def draw(size: Size) -> list[Row]:
            return panel.draw(self._player.state, size)

        return Drawing(draw, height, panel.cadence)

    def show(self) -> None:
        """Draw everything as it is now."""
        for board in self.boards:
            if board.display and board.size.width:
                board.show()

    def advance(self) -> None:
        """One frame of play: draw what is due."""
        self._frame += 1
        for board in self.boards:
            if board.display and board.size.width:
                board.show(self._frame)
