"""All that the app can draw of one source: screens, lists, forms and lessons, as rows of text."""

import re
from argparse import Namespace
from collections.abc import Iterator, Sequence
from functools import cache, partial
from typing import NamedTuple

import msgspec

from kbview.cli.library import SourceLibrary, other_load
from kbview.cli.sweeping import ScenarioSweeper
from kbview.lesson.shelf import lessons
from kbview.sources.emulated import profile
from kbview.sources.emulated.scenario import ScenarioSource
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.state.slide import LessonPlace, Slide
from kbview.state.until import choices
from kbview.tape.source import Source
from kbview.ui import chrome, lesson_rows
from kbview.ui.board import Drawing
from kbview.ui.chooser import Chooser, Item
from kbview.ui.dictionary import Dictionary, dictionary
from kbview.ui.finder import Finder, FinderItem
from kbview.ui.keys import KEYS
from kbview.ui.opening import Opening
from kbview.ui.row import Row, Size, text_of
from kbview.ui.screens import VIEWS
from kbview.ui.screens.compare_view import CompareView
from kbview.ui.screens.costs_view import CostsView
from kbview.ui.screens.drops_view import DropsView
from kbview.ui.screens.journey_view import JourneyView
from kbview.ui.session import Offers, Session
from kbview.ui.theme import Theme
from kbview.ui.view import View
from tests.ui.screens import OPENED, check, rows_of

GAP_PS = 30 * 10**6
TERMINALS = [Size(60, 16), Size(80, 24), Size(100, 30), Size(160, 50)]
WORD = re.compile(r"[^\W\d_][\w'-]+")
_FRAMES = 15
_FIGURE = re.compile(r"\{[^}]*\}")


class Drawn(NamedTuple):
    """A row, and the place that it was drawn at."""

    where: str
    text: str


def session_of(word: str, datapath: str) -> Session:
    """A session after some play. Errors: SourceError if the datapath cannot serve the traffic."""
    choice = Choice(datapath=datapath or None, longest_gap_ps=GAP_PS if datapath else None)
    source = resolve(recording(word) or word, choice)
    OPENED.append(source)
    player = Player(source)
    for _ in range(_FRAMES):
        player.tick(0.1)
    own = source if isinstance(source, ScenarioSource) else None
    offers = Offers(
        partial(_twin, source, word, choice) if source.capabilities.switchable else None,
        "it happened only once",
        words=profile.vocabulary,
        library=SourceLibrary(Namespace(datapath=datapath or None), source),
        sweeper=partial(ScenarioSweeper, own) if own is not None else None,
        other_load=partial(other_load, own) if own is not None else None,
    )
    return Session(player, Theme.DARK, offers=offers)


def _twin(source: Source, word: str, choice: Choice, datapath: str) -> Source:
    if isinstance(source, ScenarioSource):
        twin: Source = source.alike(datapath)
    else:
        twin = resolve(recording(word) or word, msgspec.structs.replace(choice, datapath=datapath))
    OPENED.append(twin)
    return twin


# ---- screens --------------------------------------------------------------------------------------


def screens(session: Session) -> Iterator[Drawn]:
    """Every screen with all its pages at every size, in play and in a pause."""
    for kind in VIEWS:
        view = kind(session)
        for playing in (True, False):
            session.player.playing = playing
            if isinstance(view, CompareView):
                _catch_up(view)
            yield from _drawn(view)
        for _ in _other_pages(view):
            yield from _drawn(view)


def _drawn(view: View) -> Iterator[Drawn]:
    for terminal in TERMINALS:
        where = f"{view.title_text} at {terminal.width}x{terminal.height}"
        yield from (Drawn(where, text_of(row)) for row in _whole(view, terminal))


def _other_pages(view: View) -> Iterator[None]:
    """Turns to the pages behind the first; the Costs have three runs side by side there."""
    if isinstance(view, CostsView):
        recent = view.session.player.state.histories.recent()
        if recent is not None and recent.change("delivered"):
            view._kept = view._other = view._now(recent)
    if isinstance(view, CostsView | DropsView | JourneyView):
        for _ in range(1 if isinstance(view, JourneyView) else 2):
            view.action_swap()
            yield


def _whole(view: View, terminal: Size) -> Iterator[Row]:
    """The title, the screen, the sentence and the keys."""
    foot = view._foot_drawings(terminal)
    for drawing in (Drawing(partial(chrome.title, view.session.player), 1, 1), *foot):
        yield from _checked(drawing.draw(Size(terminal.width, drawing.height)), terminal.width)
    if view.lacks(view.session.player.capabilities) is None:
        rows = sum(drawing.height for drawing in foot)
        yield from rows_of(view, Size(terminal.width, terminal.height - 1 - rows))


def _checked(rows: Sequence[Row], width: int) -> Iterator[Row]:
    for row in rows:
        check(row, width)
        yield row


def _catch_up(view: CompareView) -> None:
    """Until the twins have reached the time of the session."""
    view.lay_out(Size(80, 19))
    for _ in range(200):
        comparison = view._comparison
        if comparison is None or comparison.now_ps >= view.session.player.state.now_ps:
            return
        view._draw(0)


# ---- lists, forms and lessons ---------------------------------------------------------------------


def lists(session: Session) -> Iterator[Drawn]:
    """The list of sources, the settings form, and the choices of a datapath and of a stop."""
    library = session.offers.library
    assert library is not None
    shelf = [FinderItem(one.word, one.kind, one.caption, one.caption) for one in library.shelf()]
    form = [Opening._item(_NoDesk(session), row) for row in library.settings()]
    ways = [Item(one.name, one.refusal or one.summary) for one in session.player.source.choices()]
    stops = [Item(each.what) for each in choices()]
    for terminal in TERMINALS:
        for title, items in (("Open", shelf), ("Settings", form)):
            for marked in {item.name for item in items[:: max(1, len(items) // 5)]}:
                finder = Finder(title, items, Theme.DARK, False, marked)
                for row in _checked(finder._draw(terminal), terminal.width):
                    yield Drawn(f"{title} at {terminal.width}x{terminal.height}", text_of(row))
        for title, offered in (("datapaths", ways), ("Run until", stops)):
            chooser = Chooser(title, offered, "kernel", Theme.DARK, False)
            for at in range(len(offered)):
                chooser._at = at
                rows = chooser._rows(terminal.width - 2, terminal.height)
                assert len(rows) == terminal.height, f"{title}: {len(rows)} rows"
                for row in _checked(rows, terminal.width - 2):
                    yield Drawn(f"{title} at {terminal.width}x{terminal.height}", text_of(row))


class _NoDesk(Opening):
    """The form of a session that no shell shows."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = {}


def lesson_pages() -> Iterator[Drawn]:
    """Each step of each lesson, with its question, at every size; figures stand as `…`."""
    for shelved in lessons("")[0]:
        lesson = shelved.lesson
        for number, step in enumerate(lesson.steps):
            asked = step.prediction
            slide = Slide(
                LessonPlace(lesson.id, number),
                lesson.title,
                len(lesson.steps),
                _FIGURE.sub("0.5", step.prose),
                asked.question if asked else "",
                tuple(asked.choices) if asked else (),
            )
            for terminal in TERMINALS:
                height = lesson_rows.height(slide, terminal.width)
                lines = lesson_rows._lines(slide, terminal.width)
                where = f"lesson {lesson.id} {number + 1} at {terminal.width}x{terminal.height}"
                assert len(lines) <= height, where
                rows = lesson_rows.draw(slide, Size(terminal.width, height))
                for row in _checked(rows, terminal.width):
                    yield Drawn(where, text_of(row))


# ---- words ----------------------------------------------------------------------------------------


def words_of(session: Session) -> Dictionary:
    """The dictionary as `?` has it."""
    player, library = session.player, session.offers.library
    settings = [(row.key, row.explained) for row in library.settings()] if library is not None else []
    return dictionary(player.source, player.state, profile.vocabulary(), settings)


@cache
def _of_every_source() -> frozenset[str]:
    """The words of the screens' own help and of the keys."""
    told = [part for kind in VIEWS for _, entries in kind.help for entry in entries for part in entry]
    return _parts([*told, *(part for key in KEYS for part in (key.hint, key.meaning))])


def explained(session: Session) -> frozenset[str]:
    """Every word that `?` finds on some screen, in lower case: in terms, sentences, keys and costs."""
    told = [part for one in words_of(session).definitions for part in (*one.spellings, one.text)]
    costs = session.player.source.heading.costs
    told += [f"{cost.note} {cost.source}" for cost in costs.steps.values()] if costs else []
    return _parts(told) | _of_every_source()


def _parts(told: list[str]) -> frozenset[str]:
    """The words of texts, and the parts of joined words."""
    found = {word.casefold() for word in WORD.findall(" ".join(told))}
    return frozenset(found | {part for word in found for part in re.split(r"[_'-]|\d+$", word)})


def unexplained(session: Session, view: View) -> list[str]:
    """The parts that Tab selects on a screen, and of which `?` says nothing."""
    words = words_of(session)
    return [part for part in view.parts() if not view.account(part, words)]
