"""Help: the words, and this screen's keys and numbers, as one text to scroll and to search.

Selected: softirq
  where         kernel ground
  code          Softirq.net_rx_action in kbview/emulator/kernel/softirq.py
Words
  descriptor    A slot's note for the NIC: address of a buffer, later length and DD.
Keys ...
Esc back   / find   ↑ ↓ Space b Home End scroll                       1 to 23 of 310
"""

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from kbview.ui.board import Board, Drawing
from kbview.ui.characters import clean
from kbview.ui.dictionary import Definition, Dictionary
from kbview.ui.prompt import Prompt
from kbview.ui.row import Row, Size, block, length, spread
from kbview.ui.theme import Theme

CONCEPT_CELLS = 19  # of the words at the left
_TERM = 27  # cells of the keys and numbers at the left
_PAGE = 10
_FAR = 1 << 20  # rows: more than any help has

Section = tuple[str, Sequence[tuple[str, str]]]


class Help:
    """The parts of the text: what is selected, the words, this screen."""

    def __init__(
        self, selected: Sequence[Section], words: Dictionary, screen: Sequence[Section]
    ) -> None:
        self._selected = selected
        self._words = words
        self._screen = screen

    def rows(self, width: int, sought: str = "") -> list[Row]:
        """The whole text, or the definitions and entries that have the sought word."""
        if sought:
            return self._found(width, sought)
        concepts = [one for one in self._words.definitions if one.kind == "concept"]
        return [
            *pages(self._selected, width, CONCEPT_CELLS),
            *pages([("words", [(one.word, one.text) for one in concepts])], width, CONCEPT_CELLS),
            *pages(self._screen, width),
        ]

    def _found(self, width: int, sought: str) -> list[Row]:
        definitions = self._words.search(sought)
        sections = [(f"“{clean(sought)}” in the words", [_entry(one) for one in definitions])]
        here = [
            (title, [entry for entry in entries if sought.casefold() in " ".join(entry).casefold()])
            for title, entries in self._screen
        ]
        found: list[Section] = [(title, entries) for title, entries in [*sections, *here] if entries]
        if found:
            return pages(found, width)
        return [[(f" No word and no key has “{clean(sought)}” in it.", "text")]]


def _entry(one: Definition) -> tuple[str, str]:
    return one.word, one.text if one.kind == "concept" else f"({one.kind}) {one.text}"


def pages(sections: Iterable[Section], width: int, term: int = _TERM) -> list[Row]:
    """Sections as rows: terms at the left, `term` cells wide, and what they mean at the right."""
    rows: list[Row] = []
    for title, entries in sections:
        rows += _section(title, entries, width, term)
    return rows


def _section(title: str, entries: Iterable[tuple[str, str]], width: int, wide: int) -> list[Row]:
    rows: list[Row] = [[(f" {title[:1].upper()}{title[1:]}", "title")]]
    for term, meaning in entries:
        lines = wrap(meaning, max(20, width - wide - 1)) or [""]
        name = f"  {term}"
        if len(name) >= wide:
            rows.append([(name, "accent")])
            name = ""
        rows.append([(name.ljust(wide), "accent"), (lines[0], "text")])
        rows += [[(" " * wide, "text"), (line, "text")] for line in lines[1:]]
    return [*rows, []]


class HelpScreen(Screen[None]):
    """Covers the whole screen; nothing is drawn behind it."""

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark", "back", "back", id="help.back"),
        Binding("slash", "seek", "find", id="help.find"),
        Binding("n", "next_part", "next part", id="help.next"),
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

    def __init__(self, text: Help, theme: Theme, ascii_only: bool, sought: str = "") -> None:
        super().__init__()
        self._text = text
        self._sought = sought
        self._first = not sought  # whether leaving a search shows the whole text again
        self._offset = 0
        self._theme, self._ascii = theme, ascii_only
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
        last = len(self._text.rows(self.size.width, self._sought)) - self.size.height + 1
        self._offset = max(0, min(self._offset + lines, last))
        self._board.show()

    def action_next_part(self) -> None:
        """To the title of the next part; from the last part to the first."""
        rows = self._text.rows(self.size.width, self._sought)
        titles = [at for at, row in enumerate(rows) if row and row[0][1] == "title"]
        last = len(rows) - self.size.height + 1
        after = next((at for at in titles if at > self._offset), 0)
        self.action_scroll((0 if self._offset >= last else after) - self._offset)

    def action_seek(self) -> None:
        """Ask for a word."""
        box = Prompt("find", "a word, or a part of one", "", self._theme, self._ascii)
        self.app.push_screen(box, self._seek)

    def action_back(self) -> None:
        """From what was found to the whole text, from there to the screen."""
        if self._sought and self._first:
            self._seek("")
        else:
            self.app.pop_screen()

    def _seek(self, word: str | None) -> None:
        if word is not None:
            self._sought, self._offset = word.strip(), 0
        self._board.show()

    def _draw(self, size: Size) -> list[Row]:
        text, room = self._text.rows(size.width, self._sought), size.height - 1
        shown = text[self._offset : self._offset + room]
        place = f"{self._offset + 1} to {self._offset + len(shown)} of {len(text)} "
        keys = [("Esc", "back"), ("/", "find"), ("n", "next part"), ("↑ ↓ Space b Home End", "scroll")]
        foot: Row = []
        for key, what in keys:
            hint: Row = [(f" {key}", "key"), (f" {what}  ", "dim")]
            if length(foot) + length(hint) + len(place) <= size.width:
                foot += hint
        return [*block(shown, Size(size.width, room)), spread(foot, [(place, "dim")], size.width)]
