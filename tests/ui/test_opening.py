"""`o` opens another source, `O` restarts this one with other settings; a refusal changes nothing."""

import asyncio
from collections.abc import Sequence

from textual.pilot import Pilot

from kbview.state.player import Player
from kbview.tape.source import SourceError
from kbview.ui.finder import Finder
from kbview.ui.session import Offers, Opened, SettingRow, ShelfItem
from kbview.ui.shell import Shell
from tests.ui.scripted import Scripted
from tests.ui.test_shell import LOOK, Act, drive, over, shown
from tests.ui.waiting import until


class Shelf:
    """Two sources, one of them broken, and a lesson; one setting, which may be up to 128."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    def shelf(self) -> Sequence[ShelfItem]:
        return [
            ShelfItem("good", "scenario", "a packet a microsecond, far from full"),
            ShelfItem("lesson rings", "3 min", "a ring and its two ends"),
            ShelfItem("broken.pcap", "file here", "17 bytes"),
        ]

    def open(self, word: str) -> Opened:
        self.asked.append(word)
        if word == "broken.pcap":
            raise SourceError("broken.pcap: is no capture")
        return Opened(Scripted(heading=word), Offers(library=self))

    def settings(self) -> Sequence[SettingRow]:
        return [SettingRow("queues", "1", "1", "queues", "1 to 128", "receive queues")]

    def restart(self, changes: Sequence[tuple[str, str]]) -> Opened:
        self.asked.append(list(changes))
        if ("queues", "999") in changes:
            raise SourceError("queues = 999 is out of range; use 1 to 128")
        return Opened(Scripted(heading="again"), Offers(library=self))


def drive_with(shelf: Shelf, act: Act) -> Shell:
    async def session() -> Shell:
        shell = Shell(Player(Scripted()), LOOK, 20, Offers(library=shelf))
        async with shell.run_test(size=(80, 24)) as pilot:
            await pilot.pause(0.2)
            await act(shell, pilot)
        return shell

    return asyncio.run(session())


def test_o_lists_filters_and_opens() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "o")
        await until(pilot, lambda: "broken.pcap" in shown(shell))
        assert "a packet a microsecond" in shown(shell)
        await pilot.press(*"micro")
        await until(pilot, lambda: "1 of 3" in shown(shell))
        assert "broken.pcap" not in shown(shell)
        await pilot.press("enter")
        await until(pilot, lambda: shell.opened is not None)

    shell = drive_with(Shelf(), act)
    assert shell.opened is not None
    assert shell.opened.source.heading.name == "good"
    assert shell.return_code == 0


def test_what_cannot_be_opened_changes_nothing_and_says_why() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "o", "end", "enter")
        await until(pilot, lambda: "broken.pcap: is no capture" in shown(shell))
        assert over(shell)
        assert shell.opened is None
        now_ps = shell._player.state.now_ps
        await pilot.press("space")
        await until(pilot, lambda: shell._player.state.now_ps > now_ps)
        assert shell._player.state.now_ps > now_ps

    drive_with(Shelf(), act)


def test_o_then_escape_twice_clears_the_filter_and_leaves() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "o", *"qe/wg", "escape")
        await until(pilot, lambda: "3 of 3" in shown(shell))
        assert isinstance(shell.screen, Finder)
        await pilot.press("escape")
        await until(pilot, lambda: over(shell))
        assert over(shell)

    drive_with(Shelf(), act)


def test_capital_l_lists_the_lessons_alone() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "L")
        await until(pilot, lambda: "a ring and its two ends" in shown(shell))
        assert "1 of 1" in shown(shell)
        await pilot.press("enter")
        await until(pilot, lambda: shell.opened is not None)

    shelf = Shelf()
    drive_with(shelf, act)
    assert shelf.asked == ["lesson rings"]


def test_a_setting_shows_its_bounds_and_restarts_the_source() -> None:
    shelf = Shelf()

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "O", "down")
        await until(pilot, lambda: "1 to 128. Default: 1." in shown(shell))
        assert "receive queues" in shown(shell)
        await pilot.press("enter", "backspace", *"999", "enter", "enter")
        await until(pilot, lambda: "queues = 999 is out of range; use 1 to 128" in shown(shell))
        assert over(shell)
        assert shell.opened is None
        await pilot.press("O", "down", "enter", "ctrl+u", *"4", "enter")
        await until(pilot, lambda: "with queues = 4" in shown(shell))
        await pilot.press("enter")
        await until(pilot, lambda: shell.opened is not None)

    shell = drive_with(shelf, act)
    assert shell.opened is not None
    assert shelf.asked == [[("queues", "999")], [("queues", "4")]]


def test_without_a_library_the_keys_say_so() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "o")
        await until(pilot, lambda: "one source only" in shown(shell))
        await pilot.press("O")
        await until(pilot, lambda: "has no settings" in shown(shell))
        await pilot.press("L")
        await until(pilot, lambda: "no lessons here" in shown(shell))
        assert over(shell)

    drive(act)
