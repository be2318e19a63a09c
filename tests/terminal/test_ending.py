"""Endings: a line that is cut at any moment ends the process, and SIGTERM ends it after that, too."""

import signal
import subprocess
import time

import pytest

from tests.terminal.screen import Terminal

SOON_S = 15.0  # a second on a machine that does nothing else
STARTING_S = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0)
LEAVING_S = (0.0, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3)


def ends(terminal: Terminal) -> bool:
    """Whether the process ends; an orphan would spin on a closed line."""
    try:
        terminal.process.wait(timeout=SOON_S)
    except subprocess.TimeoutExpired:
        return False
    return True


@pytest.mark.parametrize("abilities", [("answers",), ("answers", "controls")], ids=["EOF", "SIGHUP"])
@pytest.mark.parametrize("after_s", STARTING_S)
def test_a_line_that_is_cut_while_it_starts_ends_it(after_s: float, abilities: tuple[str, ...]) -> None:
    with Terminal(words=("paced-udp",), abilities=abilities) as terminal:
        terminal.read_for(after_s)
        terminal.hang_up()
        assert ends(terminal)


@pytest.mark.parametrize("abilities", [("answers",), ("answers", "controls")], ids=["EOF", "SIGHUP"])
@pytest.mark.parametrize("after_s", LEAVING_S)
def test_a_line_that_is_cut_while_it_leaves_ends_it(after_s: float, abilities: tuple[str, ...]) -> None:
    with Terminal(words=("paced-udp",), abilities=abilities) as terminal:
        terminal.wait_for("q quit")
        terminal.press("q")
        time.sleep(after_s)
        terminal.hang_up()
        assert ends(terminal)


@pytest.mark.parametrize("after_s", [0.0, 0.05, 0.3])
def test_sigterm_ends_it_after_the_line_was_cut(after_s: float) -> None:
    with Terminal(words=("paced-udp",)) as terminal:
        terminal.wait_for("q quit")
        terminal.hang_up()
        time.sleep(after_s)
        terminal.process.send_signal(signal.SIGTERM)
        assert ends(terminal)
        assert terminal.process.returncode in (
            128 + signal.SIGHUP,
            128 + signal.SIGTERM,
            -signal.SIGTERM,
        )


def test_sigterm_ends_it_while_it_leaves() -> None:
    with Terminal(words=("paced-udp",)) as terminal:
        terminal.wait_for("q quit")
        terminal.press("q")
        terminal.process.send_signal(signal.SIGTERM)
        assert ends(terminal)
