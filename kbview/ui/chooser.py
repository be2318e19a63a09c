"""The chooser: a small box with a few choices; a digit or Enter takes one."""

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from kbview.ui.board import Board, Drawing
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, block, cut
from kbview.ui.theme import Theme

_LEAST_WIDTH = 36


class Chooser(ModalScreen[str | None]):
    """Dismissed with the name that was chosen, or None."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,m,u", "dismiss(None)", "back", id="chooser.back"),
        Binding("down,j", "move(1)", "down", id="chooser.down"),
        Binding("up,k", "move(-1)", "up", id="chooser.up"),
        Binding("q", "app.end", "quit", id="chooser.quit"),
        Binding("enter,space", "take", "take", id="chooser.take"),
    ]
    DEFAULT_CSS = """
    Chooser { align: center middle; }
    Chooser Board { background: ansi_default; }
    """

    def __init__(
        self, title: str, names: Sequence[str], current: str, theme: Theme, ascii_only: bool
    ) -> None:
        super().__init__()
        self._title = title
        self._names = names
        self._current = current
        self._at = names.index(current) if current in names else 0
        self._board = Board(name="choices", theme=theme, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """One board, as small as its rows."""
        yield self._board

    def on_mount(self) -> None:
        """Size the box."""
        height = len(self._names) + 2
        width = max(_LEAST_WIDTH, 8 + max(map(len, self._names)))
        self._board.styles.width, self._board.styles.height = width, height
        self._board.stack([Drawing(self._draw, height, 1)])
        self.call_after_refresh(self._board.show)

    def on_key(self, event: events.Key) -> None:
        """A digit takes the datapath of that number."""
        if event.key.isdigit() and 0 < int(event.key) <= len(self._names):
            event.stop()
            self.dismiss(self._names[int(event.key) - 1])

    def action_move(self, by: int) -> None:
        """Go to the next or the previous one."""
        self._at = (self._at + by) % len(self._names)
        self._board.show()

    def action_take(self) -> None:
        """Choose the one that is marked."""
        self.dismiss(self._names[self._at])

    def _draw(self, size: Size) -> list[Row]:
        edge = "─" * (size.width - len(self._title) - 5)
        rows: list[Row] = [[("┌─ ", "rule"), (self._title, "title"), (f" {edge}┐", "rule")]]
        for at, name in enumerate(self._names):
            now = "  now" if name == self._current else ""
            text = cut(f" {'▸' if at == self._at else ' '} {at + 1} {clean(name)}{now}", size.width - 2)
            style = "pointer" if at == self._at else "text"
            rows.append([("│", "rule"), (text.ljust(size.width - 2), style), ("│", "rule")])
        rows.append([("└" + "─" * (size.width - 2) + "┘", "rule")])
        return block(rows, size)
