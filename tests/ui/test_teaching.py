"""A lesson beside the model: by keyboard alone, in five rows; the rest of the app stays in use."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kbview.lesson.shelf import TOUR
from kbview.state.player import Player
from kbview.ui.board import Board
from kbview.ui.lesson_rows import ROWS
from kbview.ui.session import Opened
from kbview.ui.shell import Shell
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme
from tests.lesson.walking import tutor
from tests.ui.test_shell import LOOK, shown
from tests.ui.waiting import until

Act = Callable[[Shell, Pilot[None]], Awaitable[None]]
MONO = Look(Theme.MONO, (Theme.MONO,), "standard", ascii=True)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def drive(acts: list[Act], look: Look = LOOK, size: tuple[int, int] = (80, 24)) -> None:
    """Show the tour; each act is of one source, and all but the last end by going on to another."""

    async def session(opened: Opened, act: Act) -> Shell:
        shell = Shell(Player(opened.source), look, 20, opened.offers)
        async with shell.run_test(size=size) as pilot:
            await settled(shell, pilot)
            await act(shell, pilot)
        opened.source.close()
        return shell

    opened: Opened | None = tutor().start(TOUR)
    for act in acts:
        assert opened is not None
        opened = asyncio.run(session(opened, act)).opened


async def settled(shell: Shell, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: not shell._teaching.busy)
    await pilot.pause(0.1)


async def pressed(shell: Shell, pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(shell, pilot)


async def left(shell: Shell, pilot: Pilot[None], *keys: str) -> None:
    """Press the last key and wait for the other source that it wants."""
    await pressed(shell, pilot, *keys[:-1])
    await pilot.press(keys[-1])
    await until(pilot, lambda: shell.opened is not None)
    assert shell.opened is not None


@pytest.mark.parametrize(
    ("look", "size"), [(LOOK, (80, 24)), (MONO, (60, 16)), (LOOK, (100, 30))], ids=str
)
def test_the_tour_is_walked_to_its_end_by_keyboard_alone(look: Look, size: tuple[int, int]) -> None:
    async def kernel(shell: Shell, pilot: Pilot[None]) -> None:
        assert "[1/5] A frame has arrived" in shown(shell)
        await pressed(shell, pilot, "n", "n")
        assert "Which way costs more work for a packet?" in shown(shell).replace("\n", "")
        assert shell._player.state.datapath == "kernel"
        await left(shell, pilot, "1")

    async def dpdk(shell: Shell, pilot: Pilot[None]) -> None:
        assert "Right. The model: the kernel" in shown(shell)
        assert shell._player.state.datapath == "dpdk"
        await pressed(shell, pilot, "n")
        await left(shell, pilot, "2")

    async def flood(shell: Shell, pilot: Pilot[None]) -> None:
        assert "The model:" in shown(shell)
        assert shell._player.state.meters.arrived > 10_000
        await pressed(shell, pilot, "n")
        assert "[5/5] The bill of the flood" in shown(shell)
        assert shell.view is not None
        assert shell.view.view == "costs"
        await pressed(shell, pilot, "n")
        assert "This was the last step" in shown(shell).replace("\n", " ")

    drive([kernel, dpdk, flood], look, size)


def test_a_question_is_answered_in_a_box_and_left_open_by_escape() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pressed(shell, pilot, "n", "n")
        await pilot.press("n")
        await until(pilot, lambda: "Your prediction" in shown(shell))
        assert "no prediction: let the model say" in shown(shell)
        await pilot.press("escape")
        await settled(shell, pilot)
        assert shell._session.slide is not None
        assert shell._session.slide.asks
        await left(shell, pilot, "n", "down", "enter")

    async def answered(shell: Shell, pilot: Pilot[None]) -> None:
        assert "Not so. You: DPDK." in shown(shell)

    drive([act, answered])


def test_the_rest_of_the_app_stays_in_use_and_n_goes_on_from_there() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pressed(shell, pilot, "2")
        assert "[1/5]" in shown(shell)
        await pressed(shell, pilot, ".", ".", "space", "space", "question_mark", "escape", "N")
        assert "[1/5]" not in shown(shell)
        await pressed(shell, pilot, "n", "n")
        assert "[2/5]" in shown(shell)
        assert shell._player.state.meters.copies == 1
        await pressed(shell, pilot, "b")
        assert "[1/5]" in shown(shell)
        assert shell._player.state.meters.interrupts == 1
        await left(shell, pilot, "t", "n")

    async def anew(shell: Shell, pilot: Pilot[None]) -> None:
        assert "[2/5]" in shown(shell)
        assert shell._player.state.datapath == "kernel"

    drive([act, anew])


def test_the_lesson_has_its_five_rows_at_a_fixed_place() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        places = []
        for key in ("", "n", "n", "b", "2", "3", "4", "5", "1"):
            if key:
                await pressed(shell, pilot, key)
            foot = shell.screen.query_one("#foot", Board)
            assert "/5] " in foot.render_line(0).text
            places.append(foot.region.y)
        assert set(places) == {24 - 1 - 3 - ROWS}

    drive([act])


@pytest.mark.parametrize(("look", "aside"), [(LOOK, "color(245)"), (MONO, "dim")], ids=str)
def test_the_part_in_focus_is_lit_and_the_rest_is_dimmed(look: Look, aside: str) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pressed(shell, pilot, "n")
        column = shell.screen.query_one("#column1", Board)
        styles = {}
        for y in range(column.size.height):
            strip = column.render_line(y)
            styles[strip.text] = {str(segment.style) for segment in strip}
        copies = next(kinds for text, kinds in styles.items() if "copies and allocations" in text)
        others = next(kinds for text, kinds in styles.items() if "interrupts against" in text)
        assert others == {aside}
        assert any("reverse" in kind or "on color(252)" in kind for kind in copies)

    drive([act], look)
