"""Every screen of every scenario, recording and datapath at four sizes: whole numbers, known words."""

import re
from collections.abc import Iterator
from functools import cache

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.emulated import profile
from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.tape.events import EVENTS
from kbview.tape.source import SourceError
from kbview.tape.vocabulary import DropReason
from kbview.ui.dictionary import Dictionary, dictionary
from kbview.ui.dictionary import words_of as words_of_class
from kbview.ui.row import Size, text_of
from kbview.ui.screens import VIEWS
from kbview.ui.screens.compare_view import CompareView
from kbview.ui.session import Offers, Session
from kbview.ui.theme import Theme
from tests.ui.screens import OPENED, rows_of

RECORDINGS = ["http.pcap", "bulk.pcap", "udp-bursts.pcap", "mixed.pcap", "lab.kbt"]
SIZES = [Size(60, 11), Size(80, 19), Size(100, 26), Size(160, 46)]  # without title and foot
GAP_PS = 30 * 10**6
# A digit, then the sign of a cut, with nothing between: "20…" may have been 207.
CUT_NUMBER = re.compile(r"\d…")
_CLASSES = [kind.__name__ for kind in EVENTS if len(words_of_class(kind).split()) > 1]
CLASS_NAME = re.compile(rf"\b(?:{'|'.join(_CLASSES)})\b")  # SkbAllocated: a reader gets words
STEP_NAME = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b(?!\()")
REASON = re.compile(r"\b[A-Z]{2,}(?:_[A-Z]+)+\b")
FOREIGN = {"rx_missed_errors", "kmem_cache_alloc"}  # a counter and a function, in sentences


def cases() -> Iterator[tuple[str, str]]:
    """Each scenario on its own datapath, and each recording on every datapath."""
    yield from ((word, one.datapath) for word, one in scenarios().items())
    for word in RECORDINGS:
        if word.endswith(".kbt"):
            yield word, ""
        else:
            yield from ((word, datapath) for datapath in DATAPATHS)


@cache
def session_of(word: str, datapath: str) -> Session | None:
    """A session in a pause after some play; None if the datapath cannot serve the traffic."""
    choice = Choice(datapath=datapath or None, longest_gap_ps=None if not datapath else GAP_PS)
    try:
        source = resolve(recording(word) or word, choice)
    except SourceError:
        return None
    OPENED.append(source)
    player = Player(source)
    for _ in range(15):
        player.tick(0.1)
    player.playing = False
    offers = Offers(no_twin="compared elsewhere")
    return Session(player, Theme.DARK, offers=offers)


def words_of(session: Session) -> Dictionary:
    return dictionary(session.player.source, session.player.state, profile.vocabulary())


@pytest.mark.parametrize(("word", "datapath"), list(cases()))
def test_no_number_is_cut_and_every_name_is_explained(word: str, datapath: str) -> None:
    session = session_of(word, datapath)
    if session is None:
        assert not DATAPATHS[datapath].takes_datagrams, "only mTCP may refuse traffic"
        return
    words = words_of(session)
    seen: set[str] = set()
    for kind in VIEWS:
        if kind is CompareView:
            continue  # needs the traffic a second time; its numbers are tested beside it
        view = kind(session)
        for size in SIZES:
            for row in rows_of(view, size):  # which checks that no row is overfull
                text = text_of(row)
                assert not CUT_NUMBER.search(text), f"{view.title_text} at {size}: {text}"
                assert not CLASS_NAME.search(text), f"{view.title_text} at {size}: {text}"
                for name in (STEP_NAME, REASON):
                    seen |= set(name.findall(text))
    cut = {str(reason) for reason in DropReason}
    unknown = {
        name
        for name in seen - FOREIGN
        if not words.search(name) and not any(reason.startswith(name) for reason in cut)
    }
    assert not unknown
