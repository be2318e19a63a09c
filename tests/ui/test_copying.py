"""`y` copies the chosen row or the sentence to the terminal's clipboard, by the sequence OSC 52.

xterm: ctlseqs, "Operating System Commands", Ps = 52
"""

import asyncio
import base64
import re
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.player import Player
from kbview.ui.format import fine_clock
from kbview.ui.sentence import place_of
from kbview.ui.shell import Shell
from tests.terminal.screen import Terminal
from tests.ui.test_shell import LOOK, shown

_PAUSED_PS = 200_000_000
_OSC_52 = re.compile(rb"\x1b\]52;c;([A-Za-z0-9+/=]+)\x07")


def paused(act: Callable[[Shell, Pilot[None]], Awaitable[None]]) -> None:
    """Act on a flood that stands still."""

    async def run() -> None:
        player = Player(resolve("overload-udp", Choice(snap=512)))
        player.playing = False
        player.show(player.produce(_PAUSED_PS, 60.0))
        shell = Shell(player, LOOK, 20)
        async with shell.run_test(size=(160, 50)) as pilot:
            await pilot.pause()
            await act(shell, pilot)

    asyncio.run(run())


def test_the_sentence_of_a_pause_is_copied_with_its_place_and_time() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("full_stop", "y")
        await pilot.pause()
        state = shell._player.state
        assert state.last_event is not None
        place, _, why = shell.clipboard.partition(": ")
        assert place == f"{place_of(state.last_event)}, at {fine_clock(state.now_ps)}"
        assert why
        assert "sent to the clipboard" in shown(shell)

    paused(act)


def test_the_packet_screen_copies_the_row_that_is_chosen() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("4")
        await pilot.pause()
        await pilot.press("up", "up", "y")
        await pilot.pause()
        number = f"#{shell._session.chosen}"
        assert shell.clipboard.split()[0] == number
        assert "udp" in shell.clipboard.split()
        await pilot.press("up", "y")
        await pilot.pause()
        assert shell.clipboard.split()[0] == f"#{shell._session.chosen}" != number

    paused(act)


def test_a_browser_copies_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        monkeypatch.setenv("TEXTUAL_DRIVER", "a driver")
        await pilot.press("y")
        await pilot.pause()
        assert shell.clipboard == ""
        assert "a viewer in a browser copies" in shown(shell)

    paused(act)


def test_the_terminal_gets_the_text_in_base64() -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        terminal.press(" ")
        terminal.wait_for("‖")
        terminal.press(".y")
        terminal.wait_for("sent to the clipboard")
        found = _OSC_52.findall(terminal.output)
        assert len(found) == 1
        assert base64.b64decode(found[0]).decode().isprintable()
