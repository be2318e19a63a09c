"""The prompt: one line at the bottom of the screen that asks for a word. Its cursor does not blink."""

from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen

from kbview.ui.board import Board, Drawing
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, block, cut
from kbview.ui.theme import Theme

_LONGEST = 200


class Prompt(ModalScreen[str | None]):
    """Dismissed with what was typed, or None. `hint` says what may be typed."""

    AUTO_FOCUS = None
    DEFAULT_CSS = """
    Prompt { align: left bottom; background: transparent; }
    Prompt Board { background: ansi_default; height: 2; width: 100%; }
    """

    def __init__(self, asks: str, hint: str, text: str, theme: Theme, ascii_only: bool) -> None:
        super().__init__()
        self._asks = asks
        self._hint = hint
        self._text = text
        self._board = Board(name="prompt", theme=theme, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """One board of two rows."""
        yield self._board

    def on_mount(self) -> None:
        """Show the question."""
        self._board.stack([Drawing(self._draw, 2, 1)])
        self.call_after_refresh(self._board.show)

    def on_resize(self) -> None:
        """Show as much of the text as has room now."""
        self.call_after_refresh(self._board.show)

    def on_key(self, event: events.Key) -> None:
        """Whatever can be seen is typed, the keys of the screen below included."""
        event.stop()
        event.prevent_default()
        match event.key:
            case "enter":
                self.dismiss(self._text)
            case "escape":
                self.dismiss(None)
            case "backspace":
                self._show(self._text[:-1])
            case "ctrl+u":
                self._show("")
            case _ if event.character and event.character.isprintable():
                self._show((self._text + event.character)[:_LONGEST])

    def _show(self, text: str) -> None:
        self._text = text
        self._board.show()

    def _draw(self, size: Size) -> list[Row]:
        room = max(0, size.width - len(self._asks) - 4)
        typed = clean(self._text)[-room:] if room else ""
        return block(
            [
                [(f" {self._asks} ", "accent"), (typed, "strong"), (" ", "pointer")],
                [(cut(f" {self._hint}   ", size.width - 20), "dim"), ("Enter", "key"), (" go  ", "dim"),
                 ("Esc", "key"), (" back", "dim")],
            ],
            size,
        )  # fmt: skip
