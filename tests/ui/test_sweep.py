"""`7` sweeps one setting in the background while the demo goes on; a refusal changes nothing."""

import asyncio
from collections.abc import Sequence

import pytest
from textual.pilot import Pilot

from kbview.cli import span_text
from kbview.cli.sweeping import ScenarioSweeper
from kbview.sources.emulated.scenario import ScenarioSource
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.interval import Interval
from kbview.state.player import Player
from kbview.tape.source import SourceError
from kbview.ui.row import Size, text_of
from kbview.ui.screens.sweep_view import SweepView
from kbview.ui.session import Offers
from kbview.ui.shell import Shell
from kbview.ui.sweeper import SweepKey, SweepState
from tests.ui.screens import rows_of, session_of
from tests.ui.scripted import Scripted
from tests.ui.test_shell import LOOK, Act, shown
from tests.ui.waiting import until


class Shown:
    """A sweeper that measures a point at each look, and draws how many it has."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, list[str]]] = []
        self.done = 0
        self.stopped = False
        self.figures = ("delivered", "loss")

    @property
    def state(self) -> SweepState:
        key = self.asked[-1][0] if self.asked else ""
        running = bool(key) and self.done < 3 and not self.stopped
        return SweepState(key, self.done, 3 if key else 0, running=running, note="")

    @property
    def curves(self) -> Sequence[tuple[str, str]]:
        return [("o", "kernel"), ("x", "dpdk")]

    def title(self, figure: str) -> str:
        return f"{figure} [frames/s]"

    def meaning(self, figure: str) -> str:
        return f"the meaning of {figure}"

    def settings(self) -> Sequence[SweepKey]:
        return [
            SweepKey("traffic.rate_pps", "1000", "frames/s", "mean rate"),
            SweepKey("ring", "512", "descriptors", "descriptors in each receive ring"),
        ]

    def proposal(self, key: str) -> str:
        return "256,512" if key == "ring" else "1000,2000"

    def start(self, key: str, values: str, datapaths: Sequence[str]) -> None:
        if "wrong" in values:
            raise SourceError("wrong is not a number", 2)
        self.asked.append((key, values, list(datapaths)))
        self.done = 0

    def gather(self) -> bool:
        self.done += self.state.running
        return True

    def draw(self, figure: str, size: Size, recent: Interval | None) -> Sequence[str]:
        del size, recent
        return [f"{figure} of {self.done} points #"]

    def stop(self) -> None:
        self.stopped = True


def drive_with(sweeper: Shown | None, act: Act) -> Shell:
    async def session() -> Shell:
        offers = Offers() if sweeper is None else Offers(sweeper=lambda: sweeper)
        shell = Shell(Player(Scripted()), LOOK, 20, offers)
        async with shell.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.2)
            await act(shell, pilot)
        return shell

    return asyncio.run(session())


def test_the_marked_setting_is_swept_while_the_demo_is_paused() -> None:
    sweeper = Shown()

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "7")
        await until(pilot, lambda: "Enter sweeps the marked setting" in shown(shell))
        await pilot.press("down", "enter")
        await until(pilot, lambda: len(shell.screen_stack) == 2)
        await pilot.press("enter")
        await until(pilot, lambda: "delivered of 3 points" in shown(shell))
        assert "3 of 3" in shown(shell)
        await pilot.press("v")
        await until(pilot, lambda: "loss of 3 points" in shown(shell))
        await pilot.press("q")

    drive_with(sweeper, act)
    assert sweeper.asked == [("ring", "256,512", ["kernel", "dpdk"])]
    assert sweeper.stopped, "leaving ends the process"


def test_values_can_be_typed_and_a_refusal_changes_nothing() -> None:
    sweeper = Shown()

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("7", "enter")
        await until(pilot, lambda: len(shell.screen_stack) == 2)
        await pilot.press("ctrl+u", *"wrong", "enter")
        await until(pilot, lambda: "wrong is not a number" in shown(shell))
        assert "Enter sweeps the marked setting" in shown(shell)
        await pilot.press("enter")
        await until(pilot, lambda: len(shell.screen_stack) == 2)
        await pilot.press("ctrl+u", *"1k,9k", "enter")
        await until(pilot, lambda: bool(sweeper.asked))

    drive_with(sweeper, act)
    assert sweeper.asked == [("traffic.rate_pps", "1k,9k", ["kernel", "dpdk"])]


def test_a_sweep_can_be_given_up() -> None:
    sweeper = Shown()

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("7", "enter")
        await until(pilot, lambda: len(shell.screen_stack) == 2)
        await pilot.press("enter", "x")
        await until(pilot, lambda: "given up" in shown(shell))

    drive_with(sweeper, act)


def test_a_source_without_a_scenario_says_why_not() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("7")
        await until(pilot, lambda: "This source has none." in shown(shell))
        await pilot.press("enter", "down", "v", "x")
        await pilot.pause()
        assert len(shell.screen_stack) == 1

    drive_with(None, act)


@pytest.mark.parametrize("size", [Size(60, 13), Size(80, 21), Size(200, 47)], ids=str)
def test_the_curve_of_real_points_fits_at_every_size(size: Size) -> None:
    source = resolve("overload-udp", Choice(datapath="kernel"))
    assert isinstance(source, ScenarioSource)
    sweeper = ScenarioSweeper(source)
    session = session_of("kernel", word="overload-udp")
    session.offers = Offers(sweeper=lambda: sweeper)
    view = SweepView(session)
    try:
        sweeper.start("moderation_us", "8,64", ["kernel", "dpdk"])
        deadline = 2000
        while sweeper.state.running and deadline:
            sweeper.gather()
            asyncio.run(asyncio.sleep(0.02))
            deadline -= 1
        text = "\n".join("".join(run for run, _ in row) for row in rows_of(view, size))
    finally:
        sweeper.stop()
        source.close()
    assert "4 of 4" in text
    assert "o kernel  x dpdk*  # the demo" in text
    assert ("* no IP, UDP, TCP" in text) is (size.width >= 80)
    assert "*…" not in text
    assert "#" in text, "the present point: 16 us lies between both"
    assert "moderation_us [us]" in text


def test_a_sweeper_refuses_what_the_command_line_refuses() -> None:
    source = resolve("overload-udp", Choice(datapath="kernel"))
    assert isinstance(source, ScenarioSource)
    sweeper = ScenarioSweeper(source)
    for values in ("0", "abc", "1..", ""):
        with pytest.raises(SourceError):
            sweeper.start("ring", values, ["kernel"])
    assert sweeper.state == SweepState("", 0, 0, running=False, note="")
    source.close()


def test_the_load_as_it_was_turned_is_the_present_one() -> None:
    source = resolve("overload-udp", Choice(datapath="kernel", tuned=True))
    assert isinstance(source, ScenarioSource)
    before = {key.name: key.value for key in ScenarioSweeper(source).settings()}
    source.turn("rate", -1)
    after = {key.name: key.value for key in ScenarioSweeper(source).settings()}
    assert float(after["traffic.rate_pps"]) < float(before["traffic.rate_pps"])
    assert {name for name in after if after[name] != before[name]} == {"traffic.rate_pps"}
    source.close()


def test_proposed_values_are_short_and_exactly_the_values_that_they_stand_for() -> None:
    """At 80 columns the box shows 71 characters; the present value is one of the points."""
    source = resolve("overload-udp", Choice(datapath="kernel"))
    assert isinstance(source, ScenarioSource)
    sweeper = ScenarioSweeper(source)
    rates = sweeper.proposal("traffic.rate_pps")
    assert rates == "312k,625k,1.25M,1.79M,2.5M,3.5M,5M,10M,20M"
    assert span_text.axis(f"rate={rates}").values[4] == 2_500_000
    assert "16384" in sweeper.proposal("ring").split(","), "16.384k would be longer"
    proposed = {key.name: sweeper.proposal(key.name) for key in sweeper.settings()}
    told = {
        name: span_text.axis(f"{name}={values}").values for name, values in proposed.items() if values
    }
    assert len(told) > 50
    assert all(told.values())
    source.close()


def test_clients_that_wait_for_answers_have_no_rate_to_sweep() -> None:
    source = resolve("short-connections", Choice(datapath="kernel"))
    assert isinstance(source, ScenarioSource)
    names = {key.name for key in ScenarioSweeper(source).settings()}
    assert not names & {"traffic.rate_pps", "traffic.burst_frames", "traffic.size"}
    assert {"traffic.flows", "ring"} <= names
    source.close()


def test_a_source_without_settings_is_offered_no_key_of_the_sweep() -> None:
    """Enter, v, x and the arrows do nothing where the traffic is a capture's."""
    view = SweepView(session_of("kernel", 12))
    assert not {key.id for key in view.keys if key.view == "sweep"}
    foot = "".join(
        text_of(row) for one in view._foot_drawings(Size(160, 50)) for row in one.draw(Size(160, 1))
    )
    assert "Enter" not in foot
    assert "figure" not in foot
    assert "help" in foot
