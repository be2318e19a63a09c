"""`w` and `e` ask for a name, write what they say, and answer in a sentence when they cannot."""

import asyncio
from pathlib import Path

import pytest
from textual.pilot import Pilot

from kbview.state.player import Player
from kbview.tape.source import SourceError
from kbview.tape.tape import Reel
from kbview.ui.session import Offers
from kbview.ui.shell import Shell
from tests.ui.scripted import Scripted
from tests.ui.test_shell import LOOK, shown


def session(act, offers: Offers = Offers()) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001, B008
    async def run() -> None:
        shell = Shell(Player(Scripted()), LOOK, 20, offers)
        async with shell.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.2)
            await pilot.press("space")
            await act(shell, pilot)

    asyncio.run(run())


def test_w_writes_the_tape_under_the_name_that_is_typed() -> None:
    saved: list[tuple[str, int]] = []

    def save(path: str, tape: Reel) -> str:
        if path == "x":
            raise SourceError("x: exists; name another file", 2)
        saved.append((path, tape.length))
        return f"{path}: written"

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("w", "ctrl+u", *"abc", "enter")
        await pilot.pause()
        assert saved == [("abc", shell._player.tape.length)]
        assert "abc: written" in shown(shell)
        await pilot.press("w", "ctrl+u", "x", "enter")
        await pilot.pause()
        assert "x: exists" in shown(shell)
        await pilot.press("w", "escape")
        assert len(saved) == 1

    session(act, Offers(save=save))


def test_a_tape_that_is_a_file_is_not_written_again() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("w")
        await pilot.pause()
        assert "this tape is a file already" in shown(shell)

    session(act)


def test_e_draws_the_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("e", "enter")
        await pilot.pause()
        assert "kbview.svg: written" in shown(shell)
        picture = (tmp_path / "kbview.svg").read_text(encoding="utf-8")
        assert picture.startswith("<svg")
        assert "HARDWARE" in picture
        await pilot.press("e", "enter")
        await pilot.pause()
        assert "kbview.svg: exists" in shown(shell)
        await pilot.press("e", *"/no/such", "enter")
        await pilot.pause()
        assert "cannot be written" in shown(shell)

    session(act)
