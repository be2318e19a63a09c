"""The line to the terminal: stopped and continued, slow, cut, and asked for its background."""

import os
import signal
import time

import pytest

from kbview.ui.teletype import is_light
from tests.terminal.screen import Terminal

ALT_ON, ALT_OFF = b"\x1b[?1049h", b"\x1b[?1049l"
KITTY_ON, KITTY_OFF = b"\x1b[>25u", b"\x1b[<u"
QUERY = b"\x1b]11;?\x1b\\"
SLOW = 2000  # bytes a second


def stopped(terminal: Terminal) -> bool:
    """Wait until the process is stopped by a signal."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        terminal.read(0.05)
        found = os.waitid(os.P_PID, terminal.process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT)
        if found is not None:
            return True
    return False


def is_given_back(terminal: Terminal, before: list[object]) -> bool:
    return (
        terminal.settings == before
        and terminal.output.count(ALT_ON) == terminal.output.count(ALT_OFF)
        and terminal.output.count(b"\x1b[>") == terminal.output.count(KITTY_OFF)
        and terminal.output.rindex(b"\x1b[?25h") > terminal.output.rindex(b"\x1b[?25l")
    )


@pytest.mark.parametrize("how", ["SIGSTOP", "SIGTSTP", "ctrl+z", "nothing"])
def test_a_stopped_kbview_goes_on_and_gives_the_terminal_back(how: str) -> None:
    with Terminal() as terminal:
        before = terminal.settings
        terminal.wait_for("q quit")
        if how == "ctrl+z":
            terminal.press("\x1a")
        elif how != "nothing":
            terminal.process.send_signal(signal.Signals[how])
        if how != "nothing":
            assert stopped(terminal)
        if how in ("SIGTSTP", "ctrl+z"):
            assert is_given_back(terminal, before), "the shell has its terminal meanwhile"
        terminal.screen.reset()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for("q quit")
        terminal.press("q")
        assert terminal.end() == 0
        assert is_given_back(terminal, before)


@pytest.mark.parametrize("paused", [False, True], ids=["playing", "paused"])
def test_a_terminal_that_was_closed_ends_it_without_a_signal(paused: bool) -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        if paused:
            terminal.press(" ")
            terminal.wait_for("‖")
        terminal.hang_up()
        assert terminal.process.wait(timeout=60) == 129


def test_a_slow_reader_delays_neither_time_nor_keys() -> None:
    """At 2 KB/s frames are left out. The waiting bytes are one screen at most."""
    with Terminal(words=("overload-udp", "--fps", "30")) as terminal:
        terminal.wait_for("q quit")
        terminal.press("*")
        terminal.read_slowly(6, SLOW)
        terminal.press("q")
        began = time.monotonic()
        terminal.read_slowly(60, SLOW)
        assert terminal.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 15
        terminal.read(0.5)
        assert terminal.output.count(ALT_OFF) == 1


def test_a_reader_that_takes_nothing_cannot_hold_it() -> None:
    """As after Ctrl+S, or behind a frozen connection."""
    with Terminal(words=("overload-udp",)) as terminal:
        terminal.wait_for("q quit")
        time.sleep(4)  # nothing is read
        terminal.process.send_signal(signal.SIGTERM)
        assert terminal.process.wait(timeout=30) == 143


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        ("rgb:ffff/ffff/ffff", True),
        ("rgb:fd/f6/e3", True),
        ("rgba:0000/2b2b/3636/ffff", False),
        ("rgb:0/0/0", False),
        ("#ffffff", None),
        ("", None),
    ],
)
def test_a_colour_is_light_or_dark(answer: str, light: bool | None) -> None:
    assert is_light(answer) is light


@pytest.mark.parametrize(
    "pieces", [["\x1b]11;rgb:ffff/ffff/ffff\x1b\\"], ["\x1b", "]11;rgb:ff", "ff/ffff/ffff\x07"]]
)
def test_a_light_terminal_gets_the_light_theme_and_its_answer_presses_no_key(pieces: list[str]) -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        assert terminal.output.count(QUERY) == 1
        assert b"38;5;94" not in terminal.output
        for piece in pieces:
            terminal.press(piece)
            time.sleep(0.02)
        deadline = time.monotonic() + 20
        while b"38;5;94" not in terminal.output:  # the accent of the light theme
            assert time.monotonic() < deadline
            terminal.read(0.1)
        assert "1-7 screens" in terminal.text
        assert "KERNEL" in terminal.text, "t and m of the answer did nothing"
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.parametrize(
    "environ", [{"TERM": "linux"}, {"TERM": "vt220"}, {"COLORFGBG": "15;0"}, {"NO_COLOR": "1"}]
)
def test_a_terminal_that_could_print_the_question_is_not_asked(environ: dict[str, str]) -> None:
    with Terminal(environ=environ) as terminal:
        terminal.wait_for("q quit")
        assert QUERY not in terminal.output
