"""The Costs say what a packet may cost, what it does cost, and how sure that is."""

import re
from contextlib import closing
from functools import partial

import msgspec
import pytest
from textual.pilot import Pilot

from kbview.cli.library import other_load
from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.emulated.scenario import ScenarioSource
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.budget import FULL, Spent, budget_ps, fullest, spent
from kbview.state.flows import FOUND_NOTHING
from kbview.state.interval import Interval
from kbview.state.player import Player
from kbview.tape.source import Capabilities
from kbview.tape.station import Domain
from kbview.ui import budget_rows
from kbview.ui.panels.cores import CoresPanel
from kbview.ui.row import Size, text_of
from kbview.ui.screens.costs_view import CostsView
from kbview.ui.session import Offers, Session
from kbview.ui.shell import Shell
from kbview.ui.theme import Theme
from tests.ui.screens import OPENED, SIZES, session_of, text
from tests.ui.scripted import Scripted
from tests.ui.test_shell import drive, shown
from tests.ui.waiting import until


def test_before_a_stretch_of_time_is_whole_nothing_is_said_to_have_happened_or_not() -> None:
    """bus-bound ends after 0.7 ms, before a column at full speed does: 100,000 frames had arrived."""
    session = session_of("dpdk", frames=400)
    session.player.state.histories.columns.clear()
    session.player.state.histories._forget()
    assert session.player.state.meters.arrived
    costs = text(CostsView(session), Size(80, 21))
    cores = text_of(CoresPanel().body(session.player.state, Size(40, 4))[0])
    assert "too short a time at this speed" in costs
    assert "just now" not in costs
    assert cores == "too short a time at this speed"


def test_the_budget_is_that_of_the_books() -> None:
    """64 bytes at 10 Gb/s leave 67.2 ns: Rizzo, netmap, USENIX ATC 2012."""
    title, line = text(CostsView(session_of("kernel", 12, "overload-udp")), Size(80, 21)).split("\n")[
        :2
    ]
    assert "in books: 10 Gb/s and 64 bytes leave 67.2 ns" in title
    assert "100 Gb/s, 64 bytes a frame and 20 more on the wire: one every 6.7 ns" in line
    assert budget_ps(10**10, 64) == pytest.approx(67_200)
    assert budget_ps(10**11, 64) == pytest.approx(6_720)
    assert budget_ps(None, 64) is None
    assert budget_ps(10**10, None) is None


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("datapath", DATAPATHS)
def test_it_fills_its_room_and_answers(datapath: str, size: Size) -> None:
    seen = text(CostsView(session_of(datapath)), size)
    for word in (
        "budget",
        "100 Gb/s",
        "one every",
        "a delivered packet",
        "ns a delivered packet",
        "latency",
        "TLB misses",
    ):
        assert word in seen


@pytest.mark.parametrize("datapath", DATAPATHS)
def test_the_steps_add_up_to_what_is_spent(datapath: str) -> None:
    session = session_of(datapath, 60)
    state = session.player.state
    recent = state.histories.recent()
    assert recent is not None
    each = spent(recent, state.stations)
    assert [one.each_ps for one in each] == sorted((one.each_ps for one in each), reverse=True)
    stages = recent.stages()
    whole = sum(stage.total_ps for step, stage in stages.items() if step not in FOUND_NOTHING)
    assert sum(one.each_ps for one in each) == pytest.approx(whole / recent.change("delivered"))


def test_every_step_shows_how_sure_its_cost_is() -> None:
    seen = text(CostsView(session_of("kernel")), Size(200, 47))
    table = session_of("kernel").player.source.heading.costs
    assert table is not None
    for step in ("skb_alloc", "tcp_v4_rcv", "udp_rcv", "hardirq", "copy_to_user"):
        line = next((line for line in seen.splitlines() if line.strip().startswith(step)), "")
        assert not line or table.steps[step].confidence in line
    assert len(re.findall("verified|derived|recalled|assumed", seen)) > 10


def test_polls_in_vain_are_told_apart() -> None:
    assert "on polls that found nothing" in text(CostsView(session_of("dpdk")), Size(80, 21))
    assert "on polls that found nothing" not in text(CostsView(session_of("kernel")), Size(80, 21))


def test_what_is_not_known_is_said() -> None:
    player = Player(Scripted())
    for _ in range(10):
        player.tick(0.1)
    seen = text(CostsView(Session(player, Theme.DARK)), Size(80, 21))
    assert "its rate is not known here" in seen
    assert "measured" in seen
    assert "TLB misses unknown" in seen
    player.source.heading = msgspec.structs.replace(player.source.heading, link_bps=10**10)
    assert "one every 96.0 ns" in text(
        CostsView(Session(player, Theme.DARK)), Size(80, 21)
    )  # 100 bytes
    reason = CostsView(Session(player, Theme.DARK)).lacks(Capabilities())
    assert reason == "this source cannot know cores"


def test_five_shows_the_costs() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await until(pilot, lambda: "ns a delivered packet" in shown(shell))
        assert "ns a delivered packet" in shown(shell)

    drive(act)


def test_the_answer_to_x_goes_away_and_the_row_below_the_screen_is_free_again() -> None:
    """A banner that stays, such as a link that is down, stands in this row."""

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await pilot.press("x")
        await until(pilot, lambda: "the load of this source is given" in shown(shell))
        assert shell._hushing is not None, "no timer takes the sentence away"
        shell._hush()
        assert shell._session.message == ""

    drive(act)


def test_a_cost_is_no_capacity_unless_a_core_is_full() -> None:
    """At 20 kpps a packet pays 4.4 us, yet two cores deliver 1.81 M/s: interrupts are shared."""
    light = played("paced-udp", 10)
    assert fullest(light) < FULL
    assert "at this load" in budget(light)
    assert "does" not in budget(light)
    full = played("overload-udp", 10)
    assert fullest(full) > FULL
    assert "a full core does" in budget(full)


def played(word: str, frames: int) -> Interval:
    with closing(resolve(word, Choice(datapath="kernel"))) as source:
        player = Player(source)
        for _ in range(frames):
            player.tick(0.1)
        recent = player.state.histories.recent()
        assert recent is not None
        return recent


def budget(recent: Interval) -> str:
    each = [Spent("ip_rcv", "IP", Domain.KERNEL, 63_000)]
    return "".join(
        text for row in budget_rows.draw(recent, each, 10**11, Size(100, 7)) for text, _ in row
    )


def test_latency_of_segments_that_end_in_tcp_stands_apart() -> None:
    session = session_of("kernel", word="short-connections")
    stretch = session.player.state.histories.stretch()
    assert stretch is not None
    assert 0 < stretch.latency().total < stretch.kernel_latency().total
    for width in (60, 80, 100):
        seen = text(CostsView(session), Size(width, 40))
        assert re.search(r" in the host: p50 [\d.]+ µs", seen)
        assert re.search(r"spent .*(a full core does \d+k/s|at this load)", seen)


@pytest.mark.parametrize(
    ("word", "largest"), [("overload-udp", "context switches"), ("paced-udp", "driver, protocol")]
)
def test_x_shows_the_costs_of_the_other_load_beside_these(word: str, largest: str) -> None:
    """A light load pays a wake-up for each packet; under a flood packets share it, protocol leads."""
    source = resolve(word, Choice())
    assert isinstance(source, ScenarioSource)
    OPENED.append(source)
    player = Player(source)
    for _ in range(30):
        player.tick(0.1)
    session = Session(player, Theme.DARK, offers=Offers(other_load=partial(other_load, source)))
    view = CostsView(session)
    view.action_swap()
    alone = text(view, Size(80, 19))
    assert "x: the same traffic at a light load or a flood" in text(view, Size(160, 46))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "show", lambda: None)
        view.action_beside()
        beside = text(view, Size(80, 19))
        names = {"context switches", "driver, protocol"}
        (told,) = re.findall(r"^ largest +(.*)", beside, re.MULTILINE)
        assert told.startswith(largest)
        assert (names - {largest}).pop() in told
        assert re.search(r"kernel (?:19|20|21)k/s", beside)
        assert re.search(r"kernel 2\.[456]M/s", beside)
        view.action_beside()
    assert text(view, Size(80, 19)) == alone


def test_x_says_that_a_flood_delivers_nothing_in_a_livelock() -> None:
    """Mogul and Ramakrishnan 1997: interrupts take the whole core, so no packet has a cost."""
    source = resolve("paced-udp", Choice(datapath="kernel-irq"))
    assert isinstance(source, ScenarioSource)
    OPENED.append(source)
    offers = Offers(other_load=partial(other_load, source))
    view = CostsView(Session(Player(source), Theme.DARK, offers=offers))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "show", lambda: None)
        view.action_beside()
    told = "kernel-irq 2.5M/s: no packet was delivered, so no packet has a cost"
    assert view.session.message == told


def test_in_a_single_row_the_steps_are_their_title() -> None:
    view = CostsView(session_of("kernel", 12, "overload-udp"))
    (title,) = view._steps(Size(80, 1))
    assert "ns a delivered packet" in text_of(title)


def test_x_says_why_a_given_load_has_no_other() -> None:
    view = CostsView(session_of("kernel", 12))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "show", lambda: None)
        view.action_beside()
    assert "the load of this source is given" in view.session.message


def test_the_times_between_stations_stand_with_their_percentiles_and_the_number_of_packets() -> None:
    view = CostsView(session_of("kernel", 12, "udp-bursts.pcap"))
    view.action_swap()
    view.action_swap()
    rows = text(view, Size(80, 21)).splitlines()
    title = next(row for row in rows if "between stations" in row)
    assert re.search(r"of the last \d+ packets", title)
    wire = next(row for row in rows if row.startswith(" NIC"))
    assert wire.split()[:7] == ["NIC", "rx", "ring", "300", "ns", "300", "ns"]
    assert any(row.startswith(" arrival   delivery") for row in rows)
    view.session.player.state.meters.unknown = ("costs",)
    assert re.search(r"of \d+ sampled packets|of the last \d+ sampled", text(view, Size(80, 21)))
    for size in SIZES:
        text(view, size)


def test_without_single_packets_the_page_says_how_to_get_them() -> None:
    view = CostsView(session_of("kernel", 0, "udp-bursts.pcap"))
    view.action_swap()
    view.action_swap()
    assert "no single packets are told at this speed; slow down (-)" in text(view, Size(200, 47))
