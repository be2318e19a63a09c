"""The sentence is whole at every width: with the row of its step at most two rows of words at 80."""

from textwrap import wrap

import pytest

from kbview.sources.trace.meaning.table import SOCKET_CALLS, STREAM_CALLS, WAITING_CALLS
from kbview.state.player import Player
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, Sample
from kbview.tape.steps import STEPS, meaning_of
from kbview.ui import sentence
from kbview.ui.layout import sentence_rows
from kbview.ui.row import Size, text_of
from kbview.ui.session import Session
from kbview.ui.theme import Theme
from tests.ui.scripted import Scripted

WIDTHS = [60, 80, 95, 100, 160]
CALLS = [*SOCKET_CALLS, *WAITING_CALLS, *STREAM_CALLS]


@pytest.mark.parametrize("width", WIDTHS)
def test_each_sentence_of_a_step_on_any_path_and_of_a_call_fits(width: int) -> None:
    whole = [meaning.why for step in STEPS.values() for _, meaning in step.variants]
    whole += [meaning_of(ev.SyscallEntered(0, 0, call), ()).why for call in CALLS]
    assert sentence_rows(80) <= 3
    assert [text for text in whole if len(wrap(text, width - 2)) >= sentence_rows(width)] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_sentence_of_the_longest_softirq_run_fits(width: int) -> None:
    player = Player(Scripted())
    state = player.state
    state.apply(Sample(0, Meters(), Detail.STEPS))
    state.apply(ev.SoftirqEntered(0, 0, "irq_exit", 300, 8 * 10**9))
    for number in range(9):
        state.apply(ev.SoftirqExited(number, 0, squeezed=False))
        state.apply(ev.SoftirqEntered(number, 0, "restart", 300, 8 * 10**9))
    for number in range(5):
        state.apply(ev.NapiPolled(30 + number, 0, 0, 60, 64))
    state.apply(ev.SoftirqExited(44 * 10**6, 0, squeezed=True))
    player.playing = False
    rows = sentence.draw(Session(player, Theme.DARK), Size(width, sentence_rows(width)))
    told = " ".join(" ".join(map(text_of, rows[1:])).split())
    assert told.startswith("300 of 300 packets")
    assert "round 10 of 10" in told
    assert told.endswith("budget used up, work left.")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "banner",
    [
        "the link is down; ip netns exec kbview-123456-a ip link set kbv-123456-a up",
        "the sender is too slow: 499,999 of 500,000 frames/s; the others were never sent",
        "the af_packet receiver was killed by SIGKILL; another one takes its place",
        "the application is gone; its last numbers stay until it is back",
    ],
)
def test_a_banner_stays_whole_while_it_plays(width: int, banner: str) -> None:
    player = Player(Scripted())
    player.state.apply(Sample(0, Meters(banner=banner), Detail.METERS))
    player.playing = True
    rows = sentence.draw(Session(player, Theme.DARK), Size(width, sentence_rows(width)))
    assert banner in " ".join(" ".join(map(text_of, rows)).split())


@pytest.mark.parametrize("width", [60, 80])
def test_beside_a_long_message_the_sentence_is_whole_or_absent(width: int) -> None:
    player = Player(Scripted())
    note = "A sentence of two rows stands below a message that takes two rows itself, at 80 columns."
    player.state.apply(ev.SourceNoted(0, note))
    player.playing = True
    session = Session(player, Theme.DARK)
    for words in range(1, 60):
        session.message = "word " * words
        rows = sentence.draw(session, Size(width, sentence_rows(width)))
        told = " ".join(" ".join(map(text_of, rows)).split())
        assert "A sentence" not in told or told.endswith(note)
    session.message = "short"
    told = " ".join(map(text_of, sentence.draw(session, Size(width, sentence_rows(width)))))
    assert " ".join(told.split()) == f"short {note}"


def test_a_hostile_message_is_shown_as_escapes() -> None:
    """A message may hold the name of a file or the words of another program."""
    session = Session(Player(Scripted()), Theme.DARK)
    session.message = "\x1b]52;c;aGVsbG8=\x07 of \x9b31m\u202e.kbt"
    drawn = "".join(text_of(row) for row in sentence.message_rows(session, 100))
    assert drawn.isprintable()
    assert drawn.isascii()
    assert "x1b]52" in drawn
