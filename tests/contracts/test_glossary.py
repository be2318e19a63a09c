"""Every word that a screen may show resolves in the glossary."""

import re
from functools import cache
from itertools import chain

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.protocol.reassembly import Limits
from kbview.glossary import glossary
from kbview.lesson.lesson import LessonStep
from kbview.lesson.shelf import lessons
from kbview.sources.emulated import profile
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.compare_lines import COMPARE_LINES
from kbview.state.player import Player
from kbview.tape import events as ev
from kbview.tape.event import Account
from kbview.tape.meter import TOTALS
from kbview.tape.steps import STEPS
from kbview.tape.vocabulary import CopyKind, DropReason, Place, RingKind
from kbview.ui.dictionary import Dictionary, concepts, dictionary, words_of
from kbview.ui.help import CONCEPT_CELLS, Help, pages
from kbview.ui.panels import PANELS
from kbview.ui.screens import VIEWS

CLOSED = {
    "steps": list(STEPS),
    "events": [words_of(kind) for kind in ev.EVENTS],
    "classes of events": [kind.__name__ for kind in ev.EVENTS],
    "drop reasons": [str(reason) for reason in DropReason],
    "layers": [str(place) for place in Place],
    "rings": [str(kind) for kind in RingKind],
    "copies": [str(kind) for kind in CopyKind],
    "accounts": [str(account) for account in Account],
    "totals": [name.replace("_", " ") for name in TOTALS],
    "datapaths": list(DATAPATHS),
    "profiles": profile.bundled(),
}
CITATION = re.compile(r"\w+ \w+ \w+|\d{4}|Linux \S+")  # says by itself where to look
_TERM = re.compile(r"[A-Za-z_][\w/-]*(?:\(\))?")
_SHAPED = re.compile(r"[A-Z]{2}|_|\(\)|[a-z][A-Z]")  # acronyms, identifiers, calls
_FIGURE = re.compile(r"\{[^}]*\}")
_UNITS = {"KB", "MB"}
# Words of a first course that look like plain English.
TERMS = [
    "accept queue",
    "batch",
    "cache",
    "checksum",
    "context switch",
    "core",
    "datagram",
    "descriptor",
    "driver",
    "firewall",
    "flow",
    "fragments",
    "handler",
    "handshake",
    "hash",
    "header",
    "idle state",
    "interrupt",
    "latency",
    "lock",
    "mode switch",
    "offloads",
    "page",
    "payload",
    "poll",
    "pool",
    "ring",
    "route",
    "router",
    "scheduler",
    "segment",
    "socket",
    "stream",
    "system call",
    "task",
    "tcpdump",
    "thread",
    "threaded NAPI",
    "truesize",
    "user mode",
    "wall",
]


def test_the_word_for_a_timeout_of_fragments_names_the_time_of_each_version_of_ip() -> None:
    """net.ipv4.ipfrag_time, net.ipv6.ip6frag_time."""
    limits = Limits()
    times = f"IPv4 {limits.ipfrag_time} s, IPv6 {limits.ip6frag_time} s"
    assert times in glossary().reasons[DropReason.FRAG_REASM_TIMEOUT]


def _texts(step: LessonStep) -> str:
    asked = step.prediction
    parts = [asked.question, *asked.choices, asked.because] if asked else []
    return _FIGURE.sub("", "  ".join([step.prose, *parts]))


@cache
def words() -> Dictionary:
    """The dictionary over a source that knows all datapaths."""
    source = resolve("paced-udp", Choice())
    player = Player(source)
    made = dictionary(source, player.state, profile.vocabulary())
    source.close()
    return made


@pytest.mark.parametrize("kind", CLOSED)
def test_every_word_of_a_vocabulary_resolves(kind: str) -> None:
    assert [word for word in CLOSED[kind] if not words().explain(word)] == []


@pytest.mark.parametrize("name", DATAPATHS)
def test_every_station_resolves(name: str) -> None:
    player = Player(resolve("paced-udp" if name != "mtcp" else "short-connections", Choice(name)))
    made = dictionary(player.source, player.state)
    assert [one.name for one in player.state.stations if not made.explain(one.name)] == []
    assert all(one.function and one.file for one in player.state.stations if not one.bypassed)
    player.source.close()


def test_every_label_of_every_screen_is_in_its_help() -> None:
    """Panels, rows of tables and screens: the help of the screen defines each."""
    for view in VIEWS:
        text = Help([], words(), view.help)
        for title, entries in view.help:
            assert entries, title
            for label, meaning in entries:
                assert meaning
                assert "No word" not in str(text.rows(80, label))
    overview = VIEWS[0].help
    assert {panel.title for panel in PANELS} == {title for title, _ in overview}
    compared = {label for view in VIEWS for _, entries in view.help for label, _ in entries}
    assert {line.name for line in COMPARE_LINES} <= compared


@pytest.mark.parametrize("name", profile.bundled())
def test_every_source_of_a_cost_is_spelt_out(name: str) -> None:
    calibration = profile.load(name)
    keys = [*calibration.references, *profile.bundled()]
    for step, row in calibration.steps.items():
        left = row.source
        for key in sorted(keys, key=len, reverse=True):
            left = re.sub(rf"(?<!\w){re.escape(key)}(?!\w)", "", left)
        assert left != row.source or CITATION.search(left), f"{step}: {row.source}"
        unknown = [key for key in re.findall(r"\b[A-Z]{3,}\d*\b", left) if not words().explain(key)]
        assert not unknown or CITATION.search(left), f"{step}: {row.source}"


def test_a_concept_takes_two_rows_at_80_columns_and_says_where_it_is_seen() -> None:
    for one in concepts():
        rows = pages([("", [(one.word, one.text)])], 80, CONCEPT_CELLS)[1:-1]
        assert len(rows) <= 2, one.word
    assert all(one.see for one in glossary().concept)


def test_no_word_is_explained_twice_as_a_concept() -> None:
    spelt = list(chain.from_iterable(set(one.spellings) for one in concepts()))
    assert sorted({word for word in spelt if spelt.count(word) > 1}) == []


def test_the_glossary_has_exactly_the_drop_reasons() -> None:
    assert set(glossary().reasons) == {str(reason) for reason in DropReason}


def test_every_technical_word_of_a_lesson_is_in_the_glossary() -> None:
    texts = [_texts(step) for each in lessons("")[0] for step in each.lesson.steps]
    said = {word for text in texts for word in _TERM.findall(text) if _SHAPED.search(word)}
    assert len(said) > 40
    unknown = [word for word in said - _UNITS if not words().explain(word)]
    assert [word for word in unknown if not words().explain(word.removesuffix("()"))] == []


@pytest.mark.parametrize("term", TERMS)
def test_a_term_that_lessons_use_is_in_the_glossary(term: str) -> None:
    assert any(term in _texts(step) for each in lessons("")[0] for step in each.lesson.steps)
    assert words().explain(term)
