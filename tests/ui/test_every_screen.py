"""Every screen, list and form of every scenario, recording and datapath at four sizes.

Numbers are whole, rows are not overfull, and `?` explains each word. The gate draws a fixed sample;
KBVIEW_FULL=1 draws every scenario and recording through every datapath that can serve it.
"""

import os
import re
from collections.abc import Iterable, Iterator
from zlib import crc32

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.emulated.scenario import scenarios
from kbview.tape.events import EVENTS
from kbview.tape.source import SourceError
from kbview.ui.dictionary import words_of as words_of_class
from kbview.ui.row import Size
from kbview.ui.screens import VIEWS
from kbview.ui.session import Session
from tests.ui.everything import (
    WORD,
    Drawn,
    explained,
    lesson_pages,
    lists,
    screens,
    session_of,
    unexplained,
    words_of,
)

RECORDINGS = ["http.pcap", "bulk.pcap", "udp-bursts.pcap", "mixed.pcap"]
FULL = bool(os.environ.get("KBVIEW_FULL"))
ONE_IN = 6  # cases that the gate draws
WAYS = [*DATAPATHS, ""]  # a recorded tape has its own
# A digit, then the sign of a cut, with nothing between: "20…" may have been 207.
CUT_NUMBER = re.compile(r"\d…")
CUT_WHOLE = re.compile(r"(?<!\S)…(?!\S)")  # a number or a word of which nothing is left
CUT_WORD = re.compile(r"\S*[^\W\d]…")
_CLASSES = [kind.__name__ for kind in EVENTS if len(words_of_class(kind).split()) > 1]
CLASS_NAME = re.compile(rf"\b(?:{'|'.join(_CLASSES)})\b")  # SkbAllocated: a reader gets words
STEP_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b(?!\()")
REASON = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
FOREIGN = {"rx_missed_errors", "kmem_cache_alloc"}  # a counter and a function, in sentences
# Rows of letters for cells: lanes of packets, time of cores, slots of rings.
LETTERS = re.compile(r"^[▸» ](tx )?#\d|^cpu\d|^(t?\d+ +)?[░▓█CTH]+|^slot \d")
DATA = re.compile(r"^[▸ ]#\d|^ [0-9a-f]{4} |^   \w+ {2,}")  # a packet, its bytes and its fields
# English of sentences, and values of settings.
_SENTENCES = """allocates background books capitals delivers either false hundred lay loses low marks
    off point price protocols reach spends sweeps tell true unset"""
PLAIN = frozenset(_SENTENCES.split())
SLOW = {"bus-bound"}  # 62 million frames a second: in the full form only


def cases() -> Iterator[tuple[str, str]]:
    """Each scenario on its own datapath, and each recording on every datapath; or every pair."""
    for word, one in scenarios().items():
        yield word, one.datapath
        if FULL:
            yield from ((word, datapath) for datapath in DATAPATHS if datapath != one.datapath)
    yield from ((word, datapath) for word in RECORDINGS for datapath in DATAPATHS)
    yield "lab.kbt", ""


def sample() -> list[tuple[str, str]]:
    """A fixed part of the cases with each datapath in it; every case in the full form."""
    if FULL:
        return list(cases())
    every = [case for case in cases() if case[0] not in SLOW]
    number = {case: crc32(" ".join(case).encode()) for case in every}
    of_each = [min((case for case in every if case[1] == way), key=number.__getitem__) for way in WAYS]
    return list(dict.fromkeys([*of_each, *(case for case in every if number[case] % ONE_IN == 0)]))


@pytest.mark.parametrize(("word", "datapath"), sample())
def test_no_number_is_cut_and_every_word_is_explained(word: str, datapath: str) -> None:
    try:
        session = session_of(word, datapath)
    except SourceError as error:
        assert str(error).startswith(f"datapath {datapath} "), error
        return
    drawn = {one.text: one for one in screens(session)}
    assert {one.where.split(" at ")[0] for one in drawn.values()} == {kind.title_text for kind in VIEWS}
    _check_cuts(drawn.values(), session.player.source.heading.name)
    _check_names(drawn.values(), session)
    known = explained(session) | PLAIN | set(_split(session.player.source.heading.name))
    assert not {word: row for row in drawn.values() for word in _said(row) if word not in known}
    for kind in VIEWS:
        view = kind(session)
        if view.lacks(session.player.capabilities) is None:
            view.lay_out(Size(80, 19))
            assert not unexplained(session, view)


def _check_cuts(drawn: Iterable[Drawn], source: str) -> None:
    """No number and no word is cut, except the name of the source in a narrow title."""
    for one in drawn:
        assert not CUT_NUMBER.search(one.text), one
        assert not CUT_WHOLE.search(one.text), one
        cut = [word.removesuffix("…") for word in CUT_WORD.findall(one.text)]
        assert all(source.startswith(word) for word in cut), one


def _check_names(drawn: Iterable[Drawn], session: Session) -> None:
    """A step, a reason and an event is shown by its whole name, and the dictionary has it."""
    words = words_of(session)
    for one in drawn:
        assert not CLASS_NAME.search(one.text), one
        for name in {*STEP_NAME.findall(one.text), *REASON.findall(one.text)} - FOREIGN:
            assert words.search(name), one


def _said(row: Drawn) -> Iterator[str]:
    """The words of a row, without letters that stand for cells and without a packet's data."""
    packets = row.where.startswith("packet")
    if not LETTERS.match(row.text) and not (packets and DATA.match(row.text)):
        yield from _split(row.text)


def _split(text: str) -> Iterator[str]:
    """Words and the parts of joined words, in lower case."""
    for word in WORD.findall(CUT_WORD.sub("", text)):
        yield from (part.casefold() for part in re.split(r"[_'-]|\d+$", word) if len(part) > 1)


def test_lists_and_forms_cut_no_number_and_each_setting_is_explained() -> None:
    """Open, the settings, the datapaths and Run until."""
    session = session_of("overload-udp", "kernel")
    drawn = list(lists(session))
    assert {one.where.split(" at ")[0] for one in drawn} == {
        "Open",
        "Settings",
        "datapaths",
        "Run until",
    }
    assert not [one for one in drawn if CUT_NUMBER.search(one.text)]
    library, words = session.offers.library, words_of(session)
    assert library is not None
    assert len(library.settings()) > 100
    assert not [row.key for row in library.settings() if not words.explain(row.key)]


def test_each_step_of_each_lesson_is_whole() -> None:
    drawn = list(lesson_pages())
    assert len({one.where.split(" at ")[0] for one in drawn}) > 80
    _check_cuts(drawn, "no word may be cut")
