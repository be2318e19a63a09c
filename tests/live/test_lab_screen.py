"""`kbview lab` on a terminal of 80x24: real packets, swapped by keys, and all of it gone at the end."""

import os
import signal
import time
from pathlib import Path

import pytest

from kbview.sources.linux import namespace, stale
from tests.live.inside import children, ip
from tests.terminal.screen import Terminal

pytestmark = pytest.mark.live

PATIENCE_S = 60.0


def _lab() -> Terminal:
    return Terminal(words=("lab", "--rate", "2k"))


def _nothing_left(pid: int) -> None:
    assert not [*namespace.FOLDER.glob(f"kbview-{pid}-*")]
    assert not [*stale.FOLDER.glob(f"kbview-{pid}-*")]


def test_keys_swap_the_receiver_and_change_the_load() -> None:
    with _lab() as terminal:
        terminal.wait_for("lab → kernel", PATIENCE_S)
        terminal.wait_for("nothing is lost", PATIENCE_S)
        terminal.press("t")
        terminal.wait_for("lab → af_packet", PATIENCE_S)
        terminal.wait_for("user", PATIENCE_S)  # blocks by their owner
        terminal.press("m")
        terminal.wait_for("Send the traffic through", PATIENCE_S)
        terminal.press("3")
        terminal.wait_for("lab → af_xdp", PATIENCE_S)
        terminal.wait_for("fill", PATIENCE_S)
        terminal.press("l")
        terminal.wait_for("rate 2,000 frames/s", PATIENCE_S)
        terminal.press("\x1b[A")
        terminal.wait_for("rate 5,000 frames/s", PATIENCE_S)
        assert "this source cannot know" not in terminal.text  # every panel is alive
        terminal.press("q")
        assert terminal.end(PATIENCE_S) == 0
        _nothing_left(terminal.process.pid)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_signals_end_it_and_leave_nothing(number: signal.Signals, code: int) -> None:
    with _lab() as terminal:
        terminal.wait_for("LIVE", PATIENCE_S)
        family = children(terminal.process.pid)
        assert len(family) == 2
        terminal.process.send_signal(number)
        assert terminal.end(PATIENCE_S) == code
        deadline = time.monotonic() + PATIENCE_S
        while any(map(stale.lives, family)) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not [child for child in family if stale.lives(child)]
        if number is signal.SIGKILL:
            stale.sweep()
        _nothing_left(terminal.process.pid)


def test_a_lost_line_ends_it_and_leaves_nothing() -> None:
    with _lab() as terminal:
        terminal.wait_for("LIVE", PATIENCE_S)
        terminal.hang_up()
        terminal.process.send_signal(signal.SIGHUP)  # as the kernel does for a controlling terminal
        deadline = time.monotonic() + PATIENCE_S
        while terminal.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        assert terminal.process.poll() is not None
        _nothing_left(terminal.process.pid)


def test_a_link_that_is_removed_is_said_on_the_screen_and_is_the_exit_code() -> None:
    with _lab() as terminal:
        terminal.wait_for("LIVE", PATIENCE_S)
        pid = terminal.process.pid
        ip(f"kbview-{pid}-a", "link", "delete", f"kbv-{pid}-a")
        terminal.wait_for(f"kbv-{pid}-", PATIENCE_S)
        terminal.press("q")
        assert terminal.end(PATIENCE_S) == 1
        _nothing_left(pid)


def test_a_link_that_goes_down_stays_on_the_screen_until_it_is_up() -> None:
    with _lab() as terminal:
        terminal.wait_for("nothing is lost", PATIENCE_S)
        namespace_a, link = (f"kbview-{terminal.process.pid}-a", f"kbv-{terminal.process.pid}-a")
        ip(namespace_a, "link", "set", link, "down")
        terminal.wait_for("the link is down", PATIENCE_S)
        terminal.read_for(8)  # a message would be gone
        assert "the link is down" in terminal.text
        ip(namespace_a, "link", "set", link, "up")
        deadline = time.monotonic() + PATIENCE_S
        while "the link is down" in terminal.text and time.monotonic() < deadline:
            terminal.read_for(0.5)
        assert "the link is down" not in terminal.text
        terminal.press("q")
        assert terminal.end(PATIENCE_S) == 0


def _worker(pid: int, word: bytes) -> int:
    """The process that the screen `pid` started to send, or to receive."""
    (found,) = (
        child
        for child in children(pid)
        if b"\0" + word + b"\0" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
    return found


def test_a_killed_receiver_is_said_in_a_row_that_stays() -> None:
    with _lab() as terminal:
        terminal.wait_for("nothing is lost", PATIENCE_S)
        os.kill(_worker(terminal.process.pid, b"receive"), signal.SIGKILL)
        terminal.wait_for("the kernel receiver was killed by SIGKILL", PATIENCE_S)
        terminal.read_for(8)  # a message would be gone
        assert "the kernel receiver was killed by SIGKILL" in terminal.text
        terminal.press("t")
        terminal.wait_for("lab → af_packet", PATIENCE_S)
        terminal.read_for(1)
        assert "was killed" not in terminal.text


def test_a_killed_sender_is_said_on_a_screen_that_stays_and_is_the_exit_code() -> None:
    with _lab() as terminal:
        terminal.wait_for("nothing is lost", PATIENCE_S)
        pid = terminal.process.pid
        os.kill(_worker(pid, b"send"), signal.SIGKILL)
        terminal.wait_for("the lab's sender was killed by SIGKILL", PATIENCE_S)
        terminal.read_for(8)  # a message would be gone
        assert "the lab's sender was killed by SIGKILL" in terminal.text
        assert terminal.process.poll() is None
        terminal.press("q")
        assert terminal.end(PATIENCE_S) == 1
        _nothing_left(pid)
