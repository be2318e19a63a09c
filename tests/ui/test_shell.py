"""The app under a pilot: every key, every size, and what is drawn when."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from textwrap import wrap

import pytest
from textual import events
from textual.pilot import Pilot

from kbview.state.player import Player
from kbview.state.speed import SPEEDS
from kbview.state.why import explain
from kbview.tape.events import EVENTS, ModeSwitched, SoftirqExited
from kbview.tape.source import DatapathChoice, Knob, SourceError
from kbview.tape.steps import STEPS, meaning_of
from kbview.ui.board import Board
from kbview.ui.chooser import Chooser
from kbview.ui.help import HelpScreen
from kbview.ui.layout import sentence_rows
from kbview.ui.palette import Palette
from kbview.ui.prompt import Prompt
from kbview.ui.screens.overview_view import OverviewView
from kbview.ui.sentence import title_of
from kbview.ui.shell import Shell
from kbview.ui.terminal import Look
from kbview.ui.theme import Theme
from tests.ui.scripted import Scripted
from tests.ui.waiting import until

LOOK = Look(Theme.DARK, tuple(Theme), "256", ascii=False)
TITLES = [
    *(
        "EMULATED toy",
        "HARDWARE",
        "KERNEL",
        "USER",
        "rx ring",
        "interrupts against polls",
        "quit",
    ),
    *("mode and context switches", "copies and allocations", "socket queues", "cores", "drops"),
]
Act = Callable[[Shell, Pilot[None]], Awaitable[None]]


def shown(shell: Shell) -> str:
    """What the boards of the top screen show."""
    lines = []
    for board in shell.screen.query(Board):
        if board.display:
            lines += [board.render_line(y).text for y in range(board.size.height)]
    return "\n".join(lines)


def over(shell: Shell) -> bool:
    """Whether the Overview is on top."""
    return isinstance(shell.screen, OverviewView)


def drive(act: Act, source: Scripted | None = None, size: tuple[int, int] = (80, 24)) -> Shell:
    """Run the app and do something in it."""

    async def session() -> Shell:
        shell = Shell(Player(source or Scripted()), LOOK, fps=20)
        async with shell.run_test(size=size) as pilot:
            await pilot.pause(0.2)
            await act(shell, pilot)
        return shell

    return asyncio.run(session())


def test_it_opens_moving_and_shows_every_panel() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        before = shell._player.state.now_ps
        await until(pilot, lambda: shell._player.state.now_ps > before)
        assert shell._player.state.now_ps > before
        text = shown(shell)
        assert [title for title in TITLES if title not in text] == []

    drive(act)


def test_space_pauses_and_plays() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        paused = shell._player.state.now_ps
        await pilot.pause(0.2)
        assert shell._player.state.now_ps == paused
        assert "‖" in shown(shell)
        await pilot.press("space")
        await until(pilot, lambda: shell._player.state.now_ps > paused)
        assert shell._player.state.now_ps > paused

    drive(act)


def test_full_stop_goes_on_by_one_event_and_names_it() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("full_stop")
        first = shell._player.state.last_event
        await pilot.press("full_stop")
        second = shell._player.state.last_event
        assert not shell._player.playing
        assert first is not second
        assert second is not None
        assert title_of(second) in shown(shell)

    drive(act)


@pytest.mark.parametrize(("key", "by"), [("plus", 1), ("equals_sign", 1), ("minus", -1)])
def test_speed(key: str, by: int) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        before = SPEEDS.index(shell._player.speed_ps)
        await pilot.press(key)
        assert SPEEDS.index(shell._player.speed_ps) == before + by

    drive(act)


def test_t_goes_to_the_bypass_and_back() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("t")
        await until(
            pilot, lambda: shell._player.state.datapath == "dpdk" and "kernel bypassed" in shown(shell)
        )
        assert shell._player.state.datapath == "dpdk"
        assert "kernel bypassed" in shown(shell)
        await pilot.press("t")
        await until(pilot, lambda: shell._player.state.datapath == "kernel")
        assert shell._player.state.datapath == "kernel"

    drive(act)


@pytest.mark.parametrize("keys", [("2",), ("down", "enter"), ("k", "space")])
def test_m_chooses_a_datapath(keys: tuple[str, ...]) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("m")
        assert isinstance(shell.screen, Chooser)
        await pilot.pause()
        assert "1 kernel  now" in shown(shell)
        await pilot.press(*keys)
        await until(pilot, lambda: shell._player.state.datapath == "dpdk" and over(shell))
        assert shell._player.state.datapath == "dpdk"
        assert over(shell)

    drive(act)


def test_a_fixed_datapath_is_said_and_not_changed() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        for key in ("t", "m"):
            await pilot.press(key)
            await pilot.pause()
            assert "fixed datapath, kernel" in shown(shell)
            assert over(shell)

    drive(act, Scripted(fixed=True))


def test_help_defines_the_numbers_scrolls_and_closes() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        assert isinstance(shell.screen, HelpScreen)
        await pilot.pause()
        seen = "\n".join(shown(shell).splitlines()[:-1])
        assert "frame, packet" in seen
        await pilot.press("n")
        await until(pilot, lambda: "play or pause" in shown(shell))
        assert "play or pause" in shown(shell)
        for _ in range(20):
            await pilot.press("pagedown")
            seen += "\n".join(shown(shell).splitlines()[:-1])  # a text may go on behind the last row
        for truth in (
            "not a drop",
            "useful work for packets that were delivered",
            "entering one is not a mode switch",
        ):
            assert truth in " ".join(seen.split())
        await pilot.press("question_mark")
        assert shell.screen is shell.screen_stack[0]

    drive(act)


def test_one_comes_back_to_the_overview() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark", "1")
        assert over(shell)

    drive(act)


@pytest.mark.parametrize("key", ["q", "ctrl+c"])
@pytest.mark.parametrize("before", [(), ("m",), ("question_mark",)])
def test_quit_at_once_from_anywhere(key: str, before: tuple[str, ...]) -> None:
    source = Scripted()

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press(*before, key)

    interrupted = 130  # as every command that Ctrl+C has ended
    assert drive(act, source).return_code == (interrupted if key == "ctrl+c" else 0)
    assert source.closed


def test_themes_go_round_and_text_stays() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        before = shown(shell)
        for _ in Theme:
            await pilot.press("T")
            await pilot.pause()
            assert f"theme: {shell._session.theme}" in shown(shell)
            shell._hush()
            assert shown(shell) == before
        assert shell._session.theme is Theme.DARK

    drive(act)


@pytest.mark.parametrize("key", ["ctrl+p", "slash", "colon"])
def test_the_palette_knows_the_keys_and_does_not_blink(key: str) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press(key)
        await until(pilot, lambda: isinstance(shell.screen, Palette))
        assert isinstance(shell.screen, Palette)
        titles = [command.title for command in shell.get_system_commands(shell.screen)]
        assert "Choose any datapath for the running traffic" in titles
        await pilot.press("escape")

    drive(act)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 35), (160, 50), (240, 70)])
def test_sizes(size: tuple[int, int]) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        text = shown(shell)
        assert "EMULATED" in text
        assert "quit" in text
        assert ("cost a delivered packet" in text) == (size[0] >= 110)

    drive(act, size=size)


def test_resizing_while_running() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        for size in ((120, 35), (40, 10), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.2)
            small = shell.screen.has_class("small")
            assert small == (size[0] < 60)
            if not small:
                assert "cores" in shown(shell)

    drive(act)


def test_too_small_is_said_in_one_sentence() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        said = str(shell.screen.query_one("#small").render())
        assert said == "kbview needs 60x16 cells; here are 59x20."

    drive(act, size=(59, 20))


def test_panels_that_the_source_cannot_feed_stay_greyed() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        text = shown(shell)
        assert "mode and context switches" in text
        assert "this source cannot know context" in text
        assert "/delivered" in text  # the copies are told

    meters = Scripted().capabilities.meters - {"mode_switches", "context_switches"}
    drive(act, Scripted(meters=meters))


def test_a_source_that_fails_is_said_and_gives_its_exit_code() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await until(
            pilot, lambda: "line 3 makes no sense" in shown(shell) and not shell._player.playing
        )
        assert "line 3 makes no sense" in shown(shell)
        assert not shell._player.playing
        await pilot.press("space", "full_stop", "q")

    assert drive(act, Scripted(fails_ps=20_000_000)).return_code == 3


def test_the_end_stops_the_clock() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shell._player.ended and "ended" in shown(shell))
        assert shell._player.ended
        assert "ended" in shown(shell)
        await pilot.press("space")
        assert not shell._timer._active.is_set()

    drive(act, Scripted(packets=40))


def test_a_board_repaints_only_the_rows_that_changed() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        boards = [board for board in shell.screen.query(Board) if board.display]
        assert all(board.show() == [] for board in boards)
        shell._player.following = True
        assert [board.show() for board in boards] == [[0], *[[]] * (len(boards) - 1)]

    drive(act)


def test_a_hostile_heading_is_escaped() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        assert "\\x1b[31m" in shown(shell)
        assert "\x1b" not in shown(shell)

    drive(act, Scripted(heading="\x1b[31m"))


@pytest.mark.parametrize(
    ("forward", "back"), [("full_stop", "comma"), ("greater_than_sign", "less_than_sign"), ("s", "S")]
)
def test_steps_go_forward_and_back(forward: str, back: str) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press(forward)
        there = shell._player.state.position
        await pilot.press(forward, back)
        assert shell._player.state.position == there
        assert not shell._player.playing
        assert "‖" in shown(shell)

    drive(act)


@pytest.mark.parametrize(
    ("key", "seconds"), [("right", 1), ("left", -1), ("shift+right", 10), ("shift+left", -10)]
)
def test_arrows_leap_by_seconds_of_the_viewer(key: str, seconds: int) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        shell._player.change_speed(-3)  # 1 s = 20 us
        shell._player.source.pump(shell._player.tape, 600_000_000)
        shell._session.transport.seek(300_000_000)
        await pilot.press(key)
        assert shell._player.state.now_ps == 300_000_000 + seconds * 20_000_000

    drive(act)


def test_home_and_end() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "home")
        assert shell._player.state.now_ps == 0
        await pilot.press("end")
        assert shell._player.behind_ps == 0

    drive(act)


def test_markers_by_hand() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "M")
        assert "marker 1 at" in shown(shell)
        here = shell._player.state.position
        await pilot.press("full_stop", "left_square_bracket")
        assert shell._player.state.position == here
        await pilot.press("full_stop", "right_square_bracket", "right_square_bracket")
        assert "no marker further on" in shown(shell)
        await pilot.press("home", "left_square_bracket")
        assert "marker: kernel begins" in shown(shell)

    drive(act)


def test_g_asks_where_to_go_and_takes_what_comes_with_it_in_one_piece() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        for key in ("g", "1", "x", "backspace", "m", "s"):  # m and s are keys of the screen as well
            shell.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: isinstance(shell.screen, Prompt) and "go to 1ms" in shown(shell))
        assert isinstance(shell.screen, Prompt)
        assert "go to 1ms" in shown(shell)
        await pilot.press("enter")
        await until(pilot, lambda: shell._player.state.now_ps == 1_000_000_000)
        assert shell._player.state.now_ps == 1_000_000_000
        await pilot.press("g", "w", "enter")
        await pilot.pause()
        assert "'w' is no place on the tape; examples: 12.4ms" in shown(shell)
        await pilot.press("g", "ctrl+u", "escape")
        assert over(shell)

    drive(act)


def test_u_runs_until_something_happens() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "u")
        await pilot.pause()
        assert "1 a packet is dropped or missed" in shown(shell)
        await pilot.press("1")
        await until(
            pilot,
            lambda: (
                not shell._player.playing
                and "reached: a packet is dropped or missed" in shown(shell)
                and shell._player.state.meters.dropped == 1
            ),
        )
        assert not shell._player.playing
        assert "reached: a packet is dropped or missed" in shown(shell)
        assert shell._player.state.meters.dropped == 1
        await pilot.press("u", "7")
        await pilot.pause()
        assert isinstance(shell.screen, Prompt)

    drive(act)


def test_space_ends_a_run() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("u", "6")
        await until(pilot, lambda: "a ring or a socket queue is 90 % full" in shown(shell))
        assert "a ring or a socket queue is 90 % full" in shown(shell)
        await pilot.press("space")
        assert shell._player.until is None
        assert not shell._player.playing

    drive(act)


def test_the_ladder_ends_at_as_fast_as_it_goes() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "asterisk")
        assert "as fast as it goes" in shown(shell)
        for _ in SPEEDS:
            shell.action_press("slower")
        assert "1 s = 1 ps" in shown(shell)

    drive(act)


def test_a_live_tape_grows_while_its_view_is_paused() -> None:
    source = Scripted(live=True)

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        source.pass_time(50_000_000)
        await until(pilot, lambda: shell._player.state.now_ps == 50_000_000)
        await until(pilot, lambda: "as it happens" in shown(shell))
        assert "as it happens" in shown(shell)
        await pilot.press("space")
        before = shown(shell)
        source.pass_time(50_000_000)
        await until(pilot, lambda: shell._player.tape.end_ps == 100_000_000)
        assert shell._player.tape.end_ps == 100_000_000
        assert shell._player.state.now_ps == 50_000_000
        assert shown(shell) == before
        await pilot.press("end", "space")
        await until(pilot, lambda: shell._player.state.now_ps == 100_000_000)
        assert shell._player.state.now_ps == 100_000_000

    drive(act, source)


class Knobbed(Scripted):
    """With two knobs that only remember how far they were turned."""

    def __init__(self) -> None:
        super().__init__()
        self.turned = {"rate": 0, "size": 0}

    def knobs(self) -> tuple[Knob, ...]:
        return tuple(Knob(name, f"{rungs} rungs", "for tests") for name, rungs in self.turned.items())

    def turn(self, knob: str, rungs: int) -> None:
        self.turned[knob] += rungs


def test_up_and_down_turn_the_knob_that_l_chose_and_say_what_it_is_now() -> None:
    source = Knobbed()

    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("l", "up", "up")
        await until(pilot, lambda: "rate 2 rungs: for tests" in shown(shell))
        assert "rate 2 rungs: for tests" in shown(shell)
        await pilot.press("l", "down")
        await until(pilot, lambda: "size -1 rungs: for tests" in shown(shell))
        assert "size -1 rungs: for tests" in shown(shell)
        await pilot.press("l", "up")
        await pilot.pause(0.1)

    drive(act, source)
    assert source.turned == {"rate": 3, "size": -1}


def test_a_source_without_knobs_says_so() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("up")
        await until(pilot, lambda: "cannot be changed while it runs" in shown(shell))
        assert "cannot be changed while it runs" in shown(shell)

    drive(act)


def test_every_key_can_be_another() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        shell.set_keymap({"step": "n", "journey": "ctrl+j", "quit": "x"})
        await pilot.press("n")
        assert not shell._player.playing
        await pilot.press("ctrl+j")
        await pilot.pause()
        assert shell.screen is shell._views["journey"]
        await pilot.press("x")

    assert drive(act).return_code == 0


@pytest.mark.parametrize("view", ["overview", "journey", "compare", "packet", "costs"])
def test_help_of_a_screen_has_its_keys_and_its_numbers(view: str) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await shell.action_view(view)
        await pilot.press("question_mark")
        await pilot.pause()
        told = " ".join(shown(shell).split())
        for _ in range(40):
            await pilot.press("pagedown")
            told += " " + " ".join(shown(shell).split())
        for _, entries in shell._views[view].help:
            assert all(" ".join(term.split())[:20] in told for term, _ in entries)
        await pilot.press("escape")
        assert shell.screen is shell._views[view]

    drive(act)


# ---- a datapath that is refused -----------------------------------------------------------------


class Choosy(Scripted):
    """Says beforehand that it refuses "mtcp", and refuses "psio" only when it is asked."""

    def datapaths(self) -> tuple[str, ...]:
        return ("kernel", "dpdk", "mtcp", "psio")

    def choices(self) -> tuple[DatapathChoice, ...]:
        return (
            DatapathChoice("kernel", "through the stack"),
            DatapathChoice("dpdk", "past the stack"),
            DatapathChoice("mtcp", "TCP in user space", "takes connections only"),
            DatapathChoice("psio", "chunks"),
        )

    def switch(self, datapath: str) -> None:
        if datapath in ("mtcp", "psio"):
            raise SourceError(f"{datapath} is busy", 2)
        super().switch(datapath)


def test_a_datapath_that_cannot_serve_is_greyed_with_its_reason_and_cannot_be_taken() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("m")
        await pilot.pause()
        assert "past the stack" in shown(shell)
        assert "takes connections only" in shown(shell)
        await pilot.press("3")
        await pilot.pause()
        assert isinstance(shell.screen, Chooser)
        await pilot.press("escape")
        assert shell._player.state.datapath == "kernel"

    drive(act, Choosy())


def test_a_switch_that_the_source_refuses_when_asked_is_said_and_play_goes_on() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("m", "4")
        await until(
            pilot, lambda: "kernel stays: psio is busy" in shown(shell) and shell._player.playing
        )
        assert "kernel stays: psio is busy" in shown(shell)
        assert shell._player.playing
        before = shell._player.state.now_ps
        await until(pilot, lambda: shell._player.state.now_ps > before)
        assert shell._player.state.now_ps > before
        await pilot.press("m", "2")
        await until(pilot, lambda: shell._player.state.datapath == "dpdk")
        assert shell._player.state.datapath == "dpdk"

    assert drive(act, Choosy()).return_code in (None, 0)


def test_a_switch_in_the_past_says_that_the_view_went_to_the_end_of_the_tape() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "home", "t")
        await pilot.pause()
        assert "dpdk begins at the end of the tape" in shown(shell)
        assert shell._player.behind_ps == 0

    drive(act)


# ---- the sentence ---------------------------------------------------------------------------------


def test_every_step_changes_the_screen_and_no_class_name_is_shown() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        before = shown(shell)
        for _ in range(40):
            await pilot.press("full_stop")
            await pilot.pause()
            now = shown(shell)
            assert now != before
            assert "StepTaken" not in now
            before = now

    drive(act)


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (100, 30), (160, 50)])
def test_the_sentence_is_whole_at_every_size(size: tuple[int, int]) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        for _ in range(30):
            await pilot.press("full_stop")
            await pilot.pause()
            event = shell._player.state.last_event
            assert event is not None
            sentence = explain(event).text or meaning_of(event, shell._player.state.stations).why
            if isinstance(event, SoftirqExited):
                sentence = "ring empty."
            assert " ".join(sentence.split()) in " ".join(shown(shell).split())

    drive(act, size=size)


@pytest.mark.parametrize("width", [60, 80, 100, 160])
def test_the_longest_sentence_of_the_vocabulary_fits(width: int) -> None:
    whole = [step.why for step in STEPS.values()] + [kind.meaning.why for kind in EVENTS]
    assert all(len(wrap(text, width - 2)) < sentence_rows(width) for text in whole)


@pytest.mark.parametrize("size", [(60, 16), (80, 24)])
def test_a_run_says_what_was_reached_where_and_by_whom_and_the_sentence_stays(
    size: tuple[int, int],
) -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "u", "2")
        await until(pilot, lambda: "reached: " in shown(shell))
        event = shell._player.state.last_event
        assert isinstance(event, ModeSwitched)
        text = shown(shell)
        goal = "the user/kernel wall is crossed: " if size[0] >= 80 else ""
        assert f"reached: {goal}cpu" in text
        assert f"to {event.to} mode by" in text
        assert meaning_of(event).why in " ".join(text.split())

    drive(act, size=size)


def test_a_step_after_an_answer_shows_its_own_row_and_a_whole_sentence() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "u", "2")
        await until(pilot, lambda: "reached: the user/kernel wall" in shown(shell))
        await pilot.press("full_stop")
        event = shell._player.state.last_event
        assert event is not None
        assert "reached" not in shown(shell)
        assert title_of(event) in shown(shell)

    drive(act)


def test_play_at_the_end_and_follow_without_a_packet_say_why_nothing_happens() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: shell._player.ended)
        await pilot.press("f")
        assert "no single packet is told here" in shown(shell)
        await pilot.press("space")
        assert "this is the end; Home goes to the beginning" in shown(shell)

    drive(act, Scripted(0))


def test_the_answer_to_a_key_ends_with_the_next_key() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "M")
        assert "marker 1 at" in shown(shell)
        await pilot.press("t")
        assert "marker 1 at" not in shown(shell)

    drive(act)


def test_a_sentence_that_goes_away_does_not_take_a_later_one_with_it() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space", "M")
        first = shell._hushing
        await pilot.press("M")
        assert shell._hushing is not first
        assert first is not None
        assert first._task is None or first._task.cancelled() or first._task.cancelling()

    drive(act)


def test_keys_for_the_load_are_offered_only_where_the_load_can_be_changed() -> None:
    async def without(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        assert "l load" not in shown(shell)
        assert "knob" not in {key.id for key in shell._views["overview"].keys}

    async def with_knobs(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        assert "l load" in shown(shell)

    drive(without, size=(160, 50))
    drive(with_knobs, Knobbed(), size=(160, 50))


def test_home_and_end_scroll_the_help_and_its_place_is_shown() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        first = shown(shell)
        assert re.search(r"1 to 23 of \d+", first)
        await pilot.press("end")
        last = shown(shell)
        found = re.search(r"to (\d+) of (\d+)", last)
        assert found
        assert found[1] == found[2]
        await pilot.press("home")
        assert shown(shell) == first

    drive(act)


def test_the_selection_follows_g_f_and_steps() -> None:
    async def act(shell: Shell, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        session = shell._session
        await pilot.press("g", *"#9", "enter")
        await pilot.pause()
        assert session.packet == 9
        await pilot.press("f")
        await pilot.pause()
        assert "following #9" in shown(shell)
        assert session.packet == 9
        await pilot.press("f")
        await pilot.pause()
        assert "following no packet" in shown(shell)
        await pilot.press("greater_than_sign")
        assert session.packet == shell._player.state.packet == 10

    drive(act)
