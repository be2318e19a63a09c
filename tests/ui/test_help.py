"""`?` explains the selected part, then the words, then the screen; it is searched and scrolled."""

from textual.pilot import Pilot

from kbview.ui.help import HelpScreen
from kbview.ui.palette import Palette
from kbview.ui.shell import Shell
from tests.ui.test_shell import drive, over, shown
from tests.ui.waiting import until


def first_row(shell: Shell) -> str:
    return shown(shell).splitlines()[0].strip()


def test_with_nothing_selected_the_words_come_first_then_the_keys_of_the_screen() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "question_mark")
        await until(pilot, lambda: first_row(shell) == "Words")
        assert "frame, packet" in shown(shell)
        assert "1 to " in shown(shell)
        await pilot.press("end")
        await until(pilot, lambda: "frame, packet" not in shown(shell))
        await pilot.press("home")
        await until(pilot, lambda: first_row(shell) == "Words")
        await pilot.press("slash", *"play or pause", "enter")
        await until(pilot, lambda: "Keys of the overview" in shown(shell))
        assert "space" in shown(shell)

    drive(act)


def test_tab_selects_a_station_and_help_says_what_happens_there() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", *["tab"] * 5)
        await until(pilot, lambda: "softirq: ? explains it" in shown(shell))
        await pilot.press("question_mark")
        await until(pilot, lambda: first_row(shell) == "Selected: softirq")
        assert "net_rx_action polls the ring" in shown(shell)
        assert "napi_poll" in shown(shell)
        await pilot.press("question_mark", "shift+tab", "question_mark")
        await until(pilot, lambda: first_row(shell) == "Selected: irq")
        await pilot.press("escape", "escape", "question_mark")
        await until(pilot, lambda: first_row(shell) == "Words")

    drive(act)


def test_a_selected_panel_a_cost_and_a_compared_number_are_explained() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "shift+tab", "question_mark")
        await until(pilot, lambda: first_row(shell).startswith("Selected: "))
        await pilot.press("question_mark", "2", "tab", "question_mark")
        await until(pilot, lambda: "why" in shown(shell))
        assert first_row(shell).startswith("Selected: ")

    drive(act)


def test_what_is_sought_is_found_in_words_and_keys_and_escape_leads_back() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "question_mark", "slash", *"truesize", "enter")
        await until(pilot, lambda: "in the words" in first_row(shell))
        assert "A socket is charged by it" in shown(shell)
        assert "Socket queues" in shown(shell)
        await pilot.press("escape")
        await until(pilot, lambda: first_row(shell) == "Words")
        await pilot.press("slash", *"zzz", "enter")
        await until(pilot, lambda: "No word and no key" in shown(shell))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: over(shell))
        assert over(shell)

    drive(act)


def test_the_palette_finds_words() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "colon")
        await until(pilot, lambda: isinstance(shell.screen, Palette))
        titles = {command.title: command for command in shell.get_system_commands(shell.screen)}
        assert {"softirq", "skb_alloc", "SOCKET_RCVBUFF", "descriptor"} <= titles.keys()
        await pilot.press("escape")
        await until(pilot, lambda: over(shell))
        titles["softirq"].callback()
        await until(pilot, lambda: isinstance(shell.screen, HelpScreen))
        assert "Entering it is no mode switch" in shown(shell)

    drive(act)
