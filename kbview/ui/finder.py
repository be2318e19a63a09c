"""The finder: a list over the whole screen; typing filters it, Enter takes the marked item.

Open   over▏                                                     2 of 41
  scenario   overload-udp        2.5 million a second: NAPI polls without inter…
▸ scenario   starved-application one core for softirqs and the reader: packets …

one core for softirqs and the reader: packets reach the socket and die there, the
livelock of today
Enter open   Esc back   type to filter   ↑ ↓
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from kbview.ui.board import Board, Drawing
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, block, cut, length, spread
from kbview.ui.theme import Theme

_DETAIL = 3  # rows at the bottom for the whole text of the marked item
_MOVES = {"down": 1, "up": -1, "pagedown": 10, "pageup": -10, "home": -(1 << 20), "end": 1 << 20}
_LONGEST = 60


class FinderItem(NamedTuple):
    """An item: `name` is handed back; `kind` and `note` stand beside it; `detail` is the long text."""

    name: str
    kind: str
    note: str
    detail: str = ""


class Finder(Screen[str | None]):
    """Dismissed with the name of an item, or None."""

    AUTO_FOCUS = None
    DEFAULT_CSS = """
    Finder { background: ansi_default; }
    Finder Board { background: ansi_default; height: 100%; }
    """

    def __init__(
        self, title: str, items: Sequence[FinderItem], theme: Theme, ascii_only: bool, marked: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._items = items
        self._typed = ""
        self._at = next((at for at, item in enumerate(items) if item.name == marked), 0)
        self._board = Board(name="finder", theme=theme, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """One board."""
        yield self._board

    def on_resize(self) -> None:
        """Draw in the new size."""
        self._board.stack([Drawing(self._draw, self.size.height, 1)])
        self.call_after_refresh(self._board.show)

    def on_key(self, event: events.Key) -> None:
        """A character filters, the keys of a screen below included."""
        if event.key == "ctrl+c":
            return
        event.stop()
        event.prevent_default()
        found = self._found()
        if event.key == "escape" and self._typed:
            self._filter("")
        elif event.key == "escape":
            self.dismiss(None)
        elif event.key == "enter":
            self.dismiss(found[self._at].name) if found else None
        elif event.key in _MOVES:
            self._at = max(0, min(self._at + _MOVES[event.key], len(found) - 1))
            self._board.show()
        elif event.key == "backspace":
            self._filter(self._typed[:-1])
        elif event.character and event.character.isprintable():
            self._filter((self._typed + event.character)[:_LONGEST])

    def _filter(self, typed: str) -> None:
        self._typed, self._at = typed, 0
        self._board.show()

    def _found(self) -> list[FinderItem]:
        """The items with every typed word in one of their texts."""
        words = self._typed.casefold().split()
        return [item for item in self._items if all(word in _text(item) for word in words)]

    # ---- drawing ---------------------------------------------------------------------------

    def _draw(self, size: Size) -> list[Row]:
        found = self._found()
        room = size.height - _DETAIL - 2
        names = max((len(clean(item.name)) for item in self._items), default=0)
        wide = min(names + 1, max(21, size.width // 3))
        first = max(0, min(self._at - room // 2, len(found) - room))
        head: Row = [(f" {self._title}   ", "title"), (clean(self._typed), "strong"), (" ", "pointer")]
        rows = [spread(head, [(f"{len(found)} of {len(self._items)} ", "dim")], size.width)]
        rows += block(
            [
                _row(found[at], at == self._at, wide, size.width)
                for at in range(first, min(len(found), first + room))
            ]
            or [[(" nothing has these words; Backspace", "faint")]],
            Size(size.width, room),
        )
        detail = wrap(clean(found[self._at].detail), size.width - 2) if found else []
        rows += block([[(f" {line}", "accent")] for line in detail], Size(size.width, _DETAIL))
        foot: Row = [
            (" Enter", "key"), (" take  ", "dim"), ("Esc", "key"), (" back  ", "dim"),
            ("↑ ↓", "key"), (" move  ", "dim"), ("type to filter", "dim"),
        ]  # fmt: skip
        return block([*rows, foot], size)


def _text(item: FinderItem) -> str:
    return " ".join(item).casefold()


def _row(item: FinderItem, here: bool, wide: int, width: int) -> Row:
    """The kind, the name in `wide` cells, and as much of the note as fits."""
    name = cut(clean(item.name), wide - 1)
    head: Row = [
        (f" {'▸' if here else ' '} ", "strong"),
        (f"{cut(clean(item.kind), 9):<10}", "dim"),
        (name, "pointer" if here else "text"),
        (" " * (wide - cell_len(name)), "text"),
    ]
    return [*head, (cut(clean(item.note), max(0, width - length(head))), "dim")]
