"""The View contract: a screen of boards between the title and the sentence with the keys.

title                                   ! over the whole width, with `head` rows of the screen's own
columns of drawings                     ! each a board; see `lay_out`
step, sentence, keys                    !
"""

import time
from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from textwrap import wrap
from typing import ClassVar, NamedTuple, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from kbview.tape.source import Capabilities
from kbview.ui import chrome, lesson_rows, sentence
from kbview.ui.board import Board, Drawing
from kbview.ui.desk import Desk
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry, section_of
from kbview.ui.keys import AT_ONCE, IN_LESSON, KEYS, LESSONS, LOAD, SELECTING, Key, hints, of
from kbview.ui.layout import LEAST, sentence_rows
from kbview.ui.paint import paint
from kbview.ui.row import Row, Size, block
from kbview.ui.session import Session

_ROOM_FOR_BOTH = 22  # rows of a screen that has room for a lesson and the sentence
CADENCE = 5  # frames that the title and the sentence of why stay up


def bindings(view: str) -> list[BindingType]:
    """A screen's own keys."""
    return [
        Binding(key.keys, key.bound, key.meaning, id=key.id, priority=key.id in AT_ONCE)
        for key in KEYS
        if key.view == view
    ]


_STALE_S = 0.5  # between two frames: with so slow a screen the panels' own pace does not count


class Arrangement(NamedTuple):
    """Drawings over the whole width, and below them columns of drawings with their widths.

    A width of 0 takes an equal part of the room that is left.
    """

    head: Sequence[Drawing]
    columns: Sequence[tuple[int, Sequence[Drawing]]]


class View(Screen[None]):
    """A screen of the app. `help` defines each number it shows; `needs` names the meters it draws from.

    A view that its source cannot feed stays, greyed, and says why. `most` is the number of its columns.
    `selected` names the part of the screen that `?` explains, "" if none is selected.
    """

    view: ClassVar[str]
    title_text: ClassVar[str]
    help: ClassVar[Sequence[tuple[str, Sequence[Entry]]]]
    needs: ClassVar[frozenset[str]] = frozenset()
    most: ClassVar[int] = 1

    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [  # or Textual's own screen would take them
        Binding(key.keys, f"app.{key.bound}", key.meaning, id=key.id)
        for key in KEYS
        if key.id in SELECTING
    ]
    DEFAULT_CSS = """
    View { layout: vertical; background: ansi_default; overflow: hidden; }
    View Board { background: ansi_default; }
    View #columns { height: 1fr; }
    View #columns Board { width: 1fr; height: 1fr; margin-right: 1; }
    View #columns Board.last { margin-right: 0; }
    View #small { display: none; height: 1fr; content-align: center middle; }
    View.small Board, View.small #columns { display: none; }
    View.small #small { display: block; }
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        board = partial(Board, theme=session.theme, ascii_only=session.ascii)
        self._head, self._foot = board(name="head"), board(name="foot")
        self._columns = [board(name=f"column{at}") for at in range(self.most)]
        self._frame = 0
        self._drawn_s = 0.0
        self._lesson_rows = 0  # of the arrangement
        self._placed: Capabilities | None = None  # the abilities that the drawings were chosen for
        self.selected = ""

    @abstractmethod
    def lay_out(self, size: Size) -> Arrangement:
        """The drawings for `size`, the room between the title and the sentence."""

    def lacks(self, capabilities: Capabilities) -> str | None:
        """None, or why this source cannot feed the screen."""
        missing = sorted(name.replace("_", " ") for name in self.needs - capabilities.meters)
        return f"this source cannot know {' or '.join(missing)}" if missing else None

    def say(self, message: str) -> None:
        """Show a sentence for a few seconds; without a running shell it stays."""
        self.session.message = message
        if self.is_running:
            cast("Desk", self.app).say(message)

    # ---- the selected part -----------------------------------------------------------------

    def parts(self) -> Sequence[str]:
        """The names of the parts that Tab selects one after the other."""
        return [title for title, _ in self.help]

    def account(self, name: str, words: Dictionary) -> Sequence[Entry]:
        """The explanation of one part."""
        del words
        return section_of(name, self.help)

    def select(self, by: int) -> None:
        """Select the next or the previous part; behind the last one no part is selected."""
        names = ["", *self.parts()]
        at = names.index(self.selected) if self.selected in names else 0
        self.selected = names[(at + by) % len(names)]
        self.show()

    @property
    def copied(self) -> str:
        """The text for the clipboard: here the sentence; a screen with a list has its chosen row."""
        return sentence.plain(self.session)

    def unselect(self) -> None:
        """Select no part."""
        self.selected = ""
        self.show()

    @property
    def _idle(self) -> frozenset[str]:
        """The keys that this source has no use for; a greyed screen has no use for its own keys."""
        idle = frozenset[str]() if self.session.player.source.knobs() else LOAD
        if self.session.offers.tutor is None:
            idle |= LESSONS
        if self.lacks(self.session.player.capabilities) is not None:
            idle |= frozenset(key.id for key in KEYS if key.view == self.view)
        return idle

    @property
    def keys(self) -> list[Key]:
        """The keys that do something here."""
        return [key for key in of(self.view) if key.id not in self._idle]

    @property
    def boards(self) -> list[Board]:
        """All of them, in the order of the screen."""
        return [self._head, *self._columns, self._foot]

    def compose(self) -> ComposeResult:
        """Head, columns, foot, and the sentence for a terminal that is too small."""
        yield self._head
        with Horizontal(id="columns"):
            yield from self._columns
        yield self._foot
        yield Static(id="small", markup=False)

    def on_resize(self, event: events.Resize) -> None:
        """Arrange everything anew."""
        size = Size(*event.size)
        small = size.width < LEAST.width or size.height < LEAST.height
        self.set_class(small, "small")
        if small:
            self.query_one("#small", Static).update(
                f"kbview needs {LEAST.width}x{LEAST.height} cells; here are {size.width}x{size.height}."
            )
            return
        self._place(size)
        self.call_after_refresh(self.show)

    def on_screen_resume(self) -> None:
        """Something else was on top."""
        self.call_after_refresh(self.show)

    def _place_again(self) -> None:
        """Other drawings are wanted in the same room."""
        self._place(Size(*self.size))
        self.call_after_refresh(self.show)

    def _place(self, size: Size) -> None:
        self._lesson_rows = self._lesson_height()
        foot = self._foot_drawings(size)
        rows = sum(drawing.height for drawing in foot)
        room = Size(size.width, size.height - 1 - rows)
        self._placed = self.session.player.capabilities
        reason = self.lacks(self._placed)
        arrangement = self._greyed(reason, room) if reason is not None else self.lay_out(room)
        player = self.session.player
        self._foot.styles.height = rows
        self._head.styles.height = 1 + sum(drawing.height for drawing in arrangement.head)
        self._head.stack([Drawing(partial(chrome.title, player), 1, CADENCE), *arrangement.head])
        self._foot.stack(foot)
        for at, board in enumerate(self._columns):
            board.display = at < len(arrangement.columns)
            board.set_class(at == len(arrangement.columns) - 1, "last")
            width, drawings = arrangement.columns[at] if board.display else (0, ())
            board.styles.width = width or "1fr"
            board.stack(drawings)

    def _foot_drawings(self, size: Size) -> list[Drawing]:
        """The lesson, the sentence, the keys. On a low screen the lesson takes the sentence's place."""
        slide, rows = self.session.slide, sentence_rows(size.width)
        told = [Drawing(partial(sentence.draw, self.session), rows, CADENCE)]
        shown = hints(self.view, self._idle)
        if slide is not None:
            taught = Drawing(self._taught, lesson_rows.height(slide, size.width), CADENCE)
            told = [taught, *told] if size.height >= _ROOM_FOR_BOTH else [taught]
            shown = [*IN_LESSON, *(hint for hint in shown if hint not in IN_LESSON)]
        return [*told, Drawing(partial(chrome.keys, shown), 1, CADENCE)]

    def _taught(self, size: Size) -> list[Row]:
        """The lesson; on a low screen a message has no row of its own and takes its last rows."""
        session = self.session
        rows = [] if session.slide is None else lesson_rows.draw(session.slide, size)
        if not session.message or self.size.height >= _ROOM_FOR_BOTH:
            return rows
        said = sentence.message_rows(session, size.width)[: size.height]
        return [*rows[: size.height - len(said)], *said]

    def _greyed(self, reason: str, room: Size) -> Arrangement:
        """The screen in its place, without numbers: unknown is not zero."""

        def draw(size: Size) -> list[Row]:
            lines: list[Row] = [[(f" {line}", "faint")] for line in wrap(reason, size.width - 2)]
            return block([[(f" {self.title_text}", "title")], [], *lines], size)

        return Arrangement((), [(0, [Drawing(draw, room.height, CADENCE)])])

    def show(self) -> None:
        """Draw everything as it is now; arrange it anew if a lesson needs other rows."""
        wanted = self._lesson_height()
        if wanted != self._lesson_rows and self.size.width:
            self._place(Size(*self.size))
            self.call_after_refresh(partial(self._draw, 0))
        self._draw(0)

    def _lesson_height(self) -> int:
        slide = self.session.slide
        return 0 if slide is None else lesson_rows.height(slide, self.size.width)

    def advance(self) -> None:
        """Draw the parts that are due at the next frame of play."""
        self._frame += 1
        now_s = time.monotonic()
        if now_s - self._drawn_s > _STALE_S:
            self._frame = 0  # everything at once: no panel shows an older moment than another
        self._drawn_s = now_s
        if self._placed is not None and self._placed != self.session.player.capabilities:
            self._place_again()
            self._draw(self._frame)
            return
        changed = [(board, board.draw(self._frame)) for board in self._drawn()]
        rows = [row for board, numbers in changed for row in board.placed(numbers)]
        if rows and not paint(self, rows):
            for board, numbers in changed:
                board.repaint(numbers)

    def _draw(self, frame: int) -> None:
        for board in self._drawn():
            board.show(frame)

    def _drawn(self) -> list[Board]:
        """The boards that have a place on the screen."""
        return [board for board in self.boards if board.display and board.size.width]
