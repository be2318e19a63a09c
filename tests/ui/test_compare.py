"""The Compare sends the same frames through several datapaths, in step, and says what differs."""

from collections.abc import Callable
from contextlib import closing

import pytest
from textual.pilot import Pilot

from kbview.state import compare_run
from kbview.state.compare_lines import COMPARE_LINES
from kbview.state.compare_run import CompareRun, first_beside
from kbview.state.player import Player
from kbview.state.speed import Speed
from kbview.tape.source import Capabilities, Source, SourceError
from kbview.ui.keys import KEYS
from kbview.ui.row import Size
from kbview.ui.screens.compare_view import CompareView
from kbview.ui.session import Offers, Session
from kbview.ui.shell import Shell
from kbview.ui.theme import Theme
from tests.ui.screens import SIZES, source_of, text
from tests.ui.scripted import Scripted
from tests.ui.test_shell import LOOK, shown
from tests.ui.waiting import until

WORDS = ("udp-bursts.pcap", "http.pcap", "overload-udp")


def twin(word: str = "udp-bursts.pcap") -> Callable[[str], Source]:
    return lambda datapath: source_of(word, datapath)


def session_of(word: str = "udp-bursts.pcap", frames: int = 30) -> Session:
    player = Player(source_of(word, "kernel"))
    for _ in range(frames):
        player.tick(0.1)
    return Session(player, Theme.DARK, offers=Offers(twin(word)))


@pytest.mark.parametrize("word", WORDS)
def test_all_have_seen_the_same_frames_at_the_same_time(word: str) -> None:
    comparison = CompareRun(twin(word))
    for datapath in ("kernel", "dpdk"):
        comparison.add(datapath, Speed())
    for now_ps in (100_000_000, 400_000_000, 300_000_000, 1_000_000_000):  # once back, too
        for _ in range(50):
            comparison.advance(now_ps)
        assert comparison.now_ps == now_ps
        states = list(comparison.states.values())
        assert {state.now_ps for state in states} == {now_ps}
        assert len({state.meters.arrived for state in states}) == 1
        assert all(state.meters.conserved() for state in states)
    comparison.close()


def test_one_that_comes_late_catches_up() -> None:
    comparison = CompareRun(twin())
    comparison.add("kernel", Speed())
    comparison.advance(500_000_000)
    comparison.add("dpdk", Speed())
    for _ in range(50):
        comparison.advance(500_000_000)
    assert {state.now_ps for state in comparison.states.values()} == {500_000_000}
    comparison.close()
    assert comparison.states == {}


@pytest.mark.parametrize("word", ["overload-udp", "steady-udp"])
def test_while_they_catch_up_they_stand_at_one_moment(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A twin that is behind has seen fewer frames, so its numbers say nothing beside the other's."""
    monkeypatch.setattr(compare_run, "BUDGET_S", 0.0005)
    comparison, goal_ps = CompareRun(twin(word)), 40_000_000_000
    for datapath in ("kernel", "dpdk"):
        comparison.add(datapath, Speed())
    behind = 0
    while comparison.now_ps < goal_ps:
        comparison.advance(goal_ps)
        states = list(comparison.states.values())
        assert {state.now_ps for state in states} == {comparison.now_ps}
        assert len({state.meters.arrived for state in states}) == 1
        behind += comparison.now_ps < goal_ps
    assert behind, "nothing had to be caught up with"
    comparison.close()


def test_the_words_promise_the_same_frames_or_the_same_clients() -> None:
    """Clients that wait for answers send a slower host less: the frames are not the same there."""
    words = dict(CompareView.help[0][1])
    assert words["in step"].startswith("the same frames up to this time; or the same clients")
    assert "the same traffic" in next(key.meaning for key in KEYS if key.id == "compare")
    clients = CompareRun(twin("request-response"))
    for datapath in ("kernel", "dpdk-udp"):
        clients.add(datapath, Speed())
    for _ in range(50):
        clients.advance(2_000_000_000)
    counts = {state.meters.arrived for state in clients.states.values()}
    clients.close()
    assert len(counts) == 2


def test_tcp_is_compared_with_a_tcp_first() -> None:
    """A datapath that ends at layer 2 does none of TCP's work; mTCP does it (NSDI 2014)."""
    with closing(source_of("http.pcap", "kernel")) as source:
        assert source.heading.tcp
        able = [one.name for one in source.choices() if not one.refusal and one.name != "kernel"]
        assert able[0] != "mtcp"
        first, *rest = first_beside(source.choices(), "kernel", source.heading.tcp)
        speakers = {one.name for one in source.choices() if one.speaks_tcp}
        assert first in speakers
        assert set(able) == {first, *rest}
        assert first_beside(source.choices(), "kernel", tcp=False) == able


@pytest.mark.parametrize("size", SIZES)
def test_it_fills_its_room_and_shows_the_differences(size: Size) -> None:
    session = session_of()
    view = CompareView(session)
    view.lay_out(size)
    comparison = view._comparison
    assert comparison is not None
    for _ in range(50):
        comparison.advance(session.player.state.now_ps)
    seen = text(view, size)
    assert "─ kernel " in seen
    assert "─ dpdk " in seen
    assert seen.count("rx ") == 2
    assert "CPU a packet" in seen
    if size.height > 13:
        assert all(measure.name in seen for measure in COMPARE_LINES)
        mode = next(line for line in seen.splitlines() if line.strip().startswith("mode switches"))
        assert mode.split()[-2:] == ["0", "none"]
        cost = next(line for line in seen.splitlines() if line.strip().startswith("CPU a packet"))
        assert " 1/" in cost
    session.close()


def test_every_number_is_defined() -> None:
    terms = {term for _, entries in CompareView.help for term, _ in entries}
    assert {measure.name for measure in COMPARE_LINES} <= terms


def test_what_cannot_be_had_twice_is_said() -> None:
    session = Session(
        Player(Scripted()), Theme.DARK, offers=Offers(no_twin="what comes through a pipe has gone by")
    )
    assert CompareView(session).lacks(Capabilities()) == (
        "Nothing to compare: what comes through a pipe has gone by."
    )


def test_a_twin_that_cannot_be_made_is_said() -> None:
    def broken(datapath: str) -> Source:
        raise SourceError(f"{datapath}: the file has gone", 3)

    session = Session(Player(Scripted()), Theme.DARK, offers=Offers(broken))
    CompareView(session).lay_out(Size(80, 21))
    assert session.message == "dpdk: the file has gone"


def test_three_compares_and_m_takes_one_out_and_in() -> None:
    import asyncio

    made: list[str] = []

    def recorded_twin(datapath: str) -> Source:
        made.append(datapath)
        source = Scripted()
        source.switch(datapath)
        return source

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await pilot.pause(0.5)
        assert made == ["kernel", "dpdk"]
        assert "since the start" in shown(shell) or "at " in shown(shell)
        await pilot.press("m", "2")
        await until(pilot, lambda: "─ dpdk ─" not in shown(shell))
        assert "─ dpdk ─" not in shown(shell)
        await pilot.press("m", "1")
        await pilot.pause()
        assert "a datapath has to stay" in shown(shell)
        await pilot.press("m", "2")
        await pilot.pause(0.3)
        assert made == ["kernel", "dpdk", "dpdk"]
        assert "─ dpdk ─" in shown(shell)

    async def session() -> None:
        shell = Shell(Player(Scripted()), LOOK, 20, Offers(recorded_twin))
        async with shell.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.2)
            await act(shell, pilot)

    asyncio.run(session())
