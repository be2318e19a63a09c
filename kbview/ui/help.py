"""Help: every key, and one line for each number on the screen."""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from kbview.ui.board import Board, Drawing
from kbview.ui.row import Row, Size, block, spread
from kbview.ui.theme import Theme

_TERM = 27
_PAGE = 10
_BACK: Row = [
    (" Esc", "key"),
    (" back   ", "dim"),
    ("↑ ↓ Space b Home End", "key"),
    (" scroll", "dim"),
]
_FAR = 1 << 20  # rows: more than any help has


Section = tuple[str, Sequence[tuple[str, str]]]


def pages(sections: Iterable[Section], width: int) -> list[Row]:
    """All of the help as rows: terms at the left, what they mean wrapped at the right."""
    rows: list[Row] = []
    for title, entries in sections:
        rows += _section(title.capitalize(), entries, width)
    return rows[:-1]


def _section(title: str, entries: Iterable[tuple[str, str]], width: int) -> list[Row]:
    rows: list[Row] = [[(f" {title}", "title")]]
    for term, meaning in entries:
        lines = wrap(meaning, max(20, width - _TERM - 2)) or [""]
        rows.append([(f"   {term}".ljust(_TERM), "accent"), (lines[0], "text")])
        rows += [[(" " * _TERM, "text"), (line, "text")] for line in lines[1:]]
    return [*rows, []]


class HelpScreen(Screen[None]):
    """Covers the whole screen; nothing is drawn behind it."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "app.pop_screen", "back", id="help.back"),
        Binding("down,j", "scroll(1)", "down", id="help.down"),
        Binding("up,k", "scroll(-1)", "up", id="help.up"),
        Binding("pagedown,space", f"scroll({_PAGE})", "page down", id="help.page_down"),
        Binding("home", f"scroll(-{_FAR})", "first page", id="help.home"),
        Binding("end", f"scroll({_FAR})", "last page", id="help.end"),
        Binding("pageup,b", f"scroll(-{_PAGE})", "page up", id="help.page_up"),
    ]
    DEFAULT_CSS = """
    HelpScreen { background: ansi_default; }
    HelpScreen Board { background: ansi_default; height: 100%; }
    """

    def __init__(self, sections: Sequence[Section], theme: Theme, ascii_only: bool) -> None:
        super().__init__()
        self._sections = sections
        self._offset = 0
        self._board = Board(name="help", theme=theme, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """One board."""
        yield self._board

    def on_resize(self) -> None:
        """Wrap the text anew."""
        self._board.stack([Drawing(self._draw, self.size.height, 1)])
        self.call_after_refresh(self._board.show)

    def action_scroll(self, lines: int) -> None:
        """Move the text, at once."""
        last = len(pages(self._sections, self.size.width)) - self.size.height + 1
        self._offset = max(0, min(self._offset + lines, last))
        self._board.show()

    def _draw(self, size: Size) -> list[Row]:
        text, room = pages(self._sections, size.width), size.height - 1
        shown = text[self._offset : self._offset + room]
        place = f"{self._offset + 1} to {self._offset + len(shown)} of {len(text)} "
        return [
            *block(shown, Size(size.width, room)),
            spread(_BACK, [(place, "dim")], size.width),
        ]
