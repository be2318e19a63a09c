"""A lesson on a real pty: by keyboard alone, in few colours or none, on a home that is read-only."""

import pytest

from tests.terminal.screen import Terminal

ENVIRONS = {
    "no colour": {"NO_COLOR": "1"},
    "16 colours": {"TERM": "xterm-16color"},
    "ascii": {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}


@pytest.mark.parametrize("name", ENVIRONS)
def test_the_tour_is_begun_by_n_answered_by_a_digit_and_left_by_q(name: str) -> None:
    environ = {**ENVIRONS[name], "XDG_CACHE_HOME": "/dev/null"}
    with Terminal(words=("--fps", "10"), environ=environ) as terminal:
        terminal.wait_for("n begins a tour")
        terminal.press("n")
        terminal.wait_for("[1/5] A frame has arrived")
        terminal.wait_for("irq raised")
        terminal.press("n")
        terminal.wait_for("[2/5]")
        terminal.wait_for("copied")
        terminal.press("n")
        terminal.wait_for("2 DPDK")
        terminal.press("1")
        terminal.wait_for("Right. The model: the kernel")
        terminal.wait_for("dpdk")
        assert "n go on" in terminal.text
        terminal.press("q")
        assert terminal.end() == 0
        assert b"38;2;" not in terminal.output
        assert name == "ascii" or b"38;5;" not in terminal.output
        assert name != "ascii" or terminal.output.isascii()
