"""The Journey answers its question in rows of text, at every size and on every datapath."""

import itertools
import re

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.player import Player
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event import NO_PACKET
from kbview.tape.source import Capabilities
from kbview.ui.characters import to_ascii
from kbview.ui.row import Size, text_of
from kbview.ui.screens.journey_view import JourneyView
from kbview.ui.session import Session
from kbview.ui.shell import Shell
from kbview.ui.theme import STYLES, Theme
from tests.ui.scripted import Scripted
from tests.ui.test_shell import drive, shown
from tests.ui.waiting import until

SIZES = [Size(60, 13), Size(80, 21), Size(200, 47)]


def session_of(datapath: str, frames: int = 40) -> Session:
    source = resolve(
        recording("udp-bursts.pcap") or "", Choice(datapath=datapath, longest_gap_ps=30 * 10**6)
    )
    player = Player(source)
    for _ in range(frames):
        player.tick(0.1)
    source.close()
    return Session(player, Theme.DARK)


def text(view: JourneyView, size: Size) -> str:
    rows = []
    for _, drawings in view.lay_out(size).columns:
        for drawing in drawings:
            rows += drawing.draw(Size(size.width, drawing.height))
    for row in rows:
        assert cell_len(text_of(row)) == size.width
        assert text_of(row).isprintable()
        assert to_ascii(text_of(row)).isascii()
        assert all(run and style in STYLES for run, style in row)
        assert all(a[1] != b[1] for a, b in itertools.pairwise(row)), "runs are merged"
    return "\n".join(map(text_of, rows))


def _choose_a_step(view: JourneyView) -> None:
    """Go back from an event, which costs nothing, to the step before it."""
    stops, at = view._stops()
    while not isinstance(stops[at].event, ev.StepTaken):
        view.action_choose_stop(-1)
        stops, at = view._stops()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("datapath", DATAPATHS)
def test_it_fills_its_room_and_says_when_what_why_and_what_it_costs(datapath: str, size: Size) -> None:
    session = session_of(datapath)
    view = JourneyView(session)
    _choose_a_step(view)
    seen = text(view, size)
    packet = session.packet
    assert packet != NO_PACKET
    assert f"▸#{packet}" in seen
    terms = ("when", "what", "why", "cost", "a letter", "CAPITALS: at work")
    for term in terms if size.height > 13 else terms[:5]:
        assert term in seen
    if size.height > 13:
        assert any(word in seen for word in ("verified", "derived", "recalled", "assumed"))


def test_every_step_of_a_journey_has_its_sentence_and_the_source_of_its_cost() -> None:
    session = session_of("kernel")
    view, told = JourneyView(session), []
    stops, _ = view._stops()
    for at in range(len(stops)):
        view._cursor = session.packet, at
        told.append(text(view, Size(80, 21)))
    assert len(set(told)) == len(stops)
    whole = "\n".join(told)
    for sentence in (
        "build_skb()",
        "copy_to_user()",
        "115 cycles at 3.6 GHz",
        "from PK",
        "0.0867 ns a byte",
    ):
        assert sentence in whole
    assert "no sentence for it" not in whole


def test_without_a_table_of_costs_that_is_said() -> None:
    session = Session(Player(Scripted()), Theme.DARK)
    for _ in range(10):
        session.player.tick(0.1)
    assert "no table of costs" in text(JourneyView(session), Size(80, 21))


def test_where_no_packet_is_told_the_reason_is_said() -> None:
    session = session_of("kernel", 3)
    session.player.change_speed(99)
    for _ in range(3):
        session.player.tick(0.1)
    assert "only meters are told" in text(JourneyView(session), Size(80, 21))
    view = JourneyView(session)
    assert view.lacks(Capabilities(detail=Detail.METERS)) is not None
    assert view.lacks(Capabilities()) is None


@pytest.mark.parametrize("keys", [("up", "down"), ("k", "j")])
def test_the_cursor_goes_over_packets(keys: tuple[str, str]) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "2")
        await pilot.pause()
        session = shell._session
        first = session.packet
        await pilot.press(keys[0])
        assert session.packet < first
        assert f"▸#{session.packet}" in shown(shell)
        await pilot.press(keys[1])
        assert session.packet == first

    drive(act)


@pytest.mark.parametrize("keys", [("left", "right"), ("h", "l")])
def test_the_cursor_goes_over_steps_and_enter_goes_there(keys: tuple[str, str]) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "2")
        await pilot.pause()
        view = shell.screen
        assert isinstance(view, JourneyView)
        shell._session.chosen = shell._session.journeys.ended
        stops, at = view._stops()
        await pilot.press(keys[0])
        assert view._stops()[1] == at - 1
        await pilot.press(keys[1])
        assert view._stops()[1] == at
        await pilot.press("enter")
        assert shell._player.state.now_ps == stops[at].time_ps
        assert shell._player.state.last_event == stops[at].event

    drive(act)


def test_zoom_stretches_time() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "2")
        await pilot.pause()
        shell._session.chosen = shell._session.journeys.ended
        shell._redraw()
        await pilot.press("v")
        before = shown(shell)
        await pilot.press("z")
        assert shown(shell) != before
        await pilot.press("Z")
        assert shown(shell) == before

    drive(act)


def test_f_follows_the_packet_that_is_looked_at() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "2", "up", "f")
        packet = shell._session.packet
        assert shell._session.transport.followed == packet
        assert f"following #{packet}" in shown(shell)
        await pilot.press("comma")
        assert getattr(shell._player.state.last_event, "packet", NO_PACKET) == packet
        await pilot.press("f")
        assert shell._session.transport.followed == NO_PACKET

    drive(act)


@pytest.mark.parametrize("size", [Size(60, 4), Size(60, 6), Size(80, 9), Size(100, 14)])
@pytest.mark.parametrize("datapath", ["kernel", "dpdk", "netmap"])
def test_each_letter_of_the_lanes_has_its_word(datapath: str, size: Size) -> None:
    session = session_of(datapath)
    session.player.playing = False
    view = JourneyView(session)
    rows = [text_of(row) for row in view._lanes(size)]
    legend = [row for row in rows if re.match(r" [A-Z] ", row) or "CAPITALS" in row]
    lanes = [row for row in rows[2:] if row not in legend and row.strip()]
    assert lanes
    drawn = {
        letter.upper() for row in lanes for letter in re.sub(r"[▸»]?(tx )?#\d+", "", row).split()[0]
    }
    named = set(re.findall(r"(?<= )([A-Z]) ", " ".join(legend)))
    assert {letter for letter in drawn if letter.isalpha()} <= named


def test_f_on_a_packet_that_has_ended_says_so() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        shell._session.chosen = ended = shell._session.journeys.ended
        await pilot.press("f")
        assert f"following #{ended}, which is delivered: , and S go back" in shown(shell)
        await pilot.press("comma")
        assert getattr(shell._player.state.last_event, "packet", NO_PACKET) == ended

    drive(act)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (200, 50)])
def test_sizes(size: tuple[int, int]) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await until(pilot, lambda: "a letter" in shown(shell) and "quit" in shown(shell))
        assert "a letter" in shown(shell)
        assert "quit" in shown(shell)
        await pilot.press("question_mark", "n")
        await until(pilot, lambda: "the packet that arrived before" in shown(shell))
        assert "the packet that arrived before" in shown(shell)

    drive(act, size=size)
