"""The chooser: a small box of items; a digit or Enter takes one.

┌─ Send the traffic through ───────────────────────────────┐
│ ▸ 1 kernel  now  NIC, softirq, socket, read()            │
│   2 dpdk         poll-mode driver: NIC, rx_burst, app    │
│   3 mtcp         takes connections only (greyed)         │
└──────────────────────────────────────────────────────────┘
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from kbview.ui.board import Board, Drawing
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, block, cut, fit
from kbview.ui.theme import Theme

_LEAST_WIDTH = 36
_ALL = 999  # rows, more than any terminal has


class Item(NamedTuple):
    """A choice: `note` stands beside its name; a disabled item cannot be taken."""

    name: str
    note: str = ""
    enabled: bool = True


class Chooser(ModalScreen[str | None]):
    """Dismissed with the name of the chosen item, or None."""

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
        self, title: str, items: Sequence[Item], current: str, theme: Theme, ascii_only: bool
    ) -> None:
        super().__init__()
        self._title = title
        self._items = items
        self._current = current
        self._at = next((at for at, item in enumerate(items) if item.name == current), 0)
        self._board = Board(name="choices", theme=theme, ascii_only=ascii_only)

    def compose(self) -> ComposeResult:
        """One board, as small as its rows."""
        yield self._board

    def on_resize(self) -> None:
        """Size the box: a row for each item, more where its note does not fit beside the name."""
        room = self.app.size.width - 2
        notes = max((len(item.note) for item in self._items), default=0)
        names = self._names_width() + notes
        width = min(room, max(_LEAST_WIDTH, names + 3, len(self._title) + 6))
        height = min(self.app.size.height, len(self._rows(width)))
        self._board.styles.width, self._board.styles.height = width, height
        self._board.stack([Drawing(self._draw, height, 1)])
        self.call_after_refresh(self._board.show)

    def on_key(self, event: events.Key) -> None:
        """A digit takes the item of that number."""
        if event.key.isdigit() and 0 < int(event.key) <= len(self._items):
            event.stop()
            self._at = int(event.key) - 1
            self.action_take()

    def action_move(self, by: int) -> None:
        """Go to the next or the previous item."""
        self._at = (self._at + by) % len(self._items)
        self._board.show()

    def action_take(self) -> None:
        """Choose the marked item; a disabled one only gets the mark, for its note says why."""
        item = self._items[self._at]
        if item.enabled:
            self.dismiss(item.name)
        else:
            self._board.show()

    # ---- drawing ---------------------------------------------------------------------------

    def _names_width(self) -> int:
        names = (item.name + self._now(item) for item in self._items)
        return 7 + max((len(clean(name)) for name in names), default=0)

    def _now(self, item: Item) -> str:
        return "  now" if item.name == self._current else ""

    def _rows(self, width: int, height: int = _ALL) -> list[Row]:
        """The box in so many rows; where they are too few only the marked item's note is whole."""
        inner, room = width - 2, height - 2
        items = [self._item(at, item, inner) for at, item in enumerate(self._items)]
        if sum(map(len, items)) > room:
            items = [
                rows if at == self._at else self._short(at, inner) for at, rows in enumerate(items)
            ]
        last = sum(map(len, items[: self._at + 1]))  # row of the marked item
        begin = max(0, last - room)
        shown = [row for rows in items for row in rows][begin : begin + room]
        if height < _ALL:
            shown += [fit([], inner)] * (room - len(shown))
        edge: Row = [("│", "rule")]
        line = "─" * (width - len(self._title) - 5)
        return [
            [("┌─ ", "rule"), (self._title, "title"), (f" {line}┐", "rule")],
            *([*edge, *row, *edge] for row in shown),
            [("└" + "─" * (width - 2) + "┘", "rule")],
        ]

    def _short(self, at: int, width: int) -> list[Row]:
        """An item in a row, its note cut."""
        left = min(self._names_width(), width)
        item = self._items[at]
        note = cut(clean(item.note), max(1, width - left - 1))
        return self._item(at, item._replace(note=note), width)[:1]

    def _item(self, at: int, item: Item, width: int) -> list[Row]:
        """The number and the name, and beside them the note, wrapped."""
        here = at == self._at
        name = f" {'▸' if here else ' '} {at + 1} {clean(item.name)}{self._now(item)}"
        left = min(self._names_width(), width)
        style = "pointer" if here else "text" if item.enabled else "faint"
        noted = "dim" if item.enabled else "bad" if here else "faint"
        lines = wrap(clean(item.note), max(10, width - left - 1)) or [""]
        return [
            fit([(cut("" if row else name, left).ljust(left), style), (line, noted)], width)
            for row, line in enumerate(lines)
        ]

    def _draw(self, size: Size) -> list[Row]:
        return block(self._rows(size.width, size.height), size)
