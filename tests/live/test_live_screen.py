"""`kbview live` on a real terminal and a real link."""

import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from pyroute2 import IPRoute

from kbview.sources.linux.testbed import Testbed
from tests.live.traffic import send
from tests.terminal.screen import Terminal

pytestmark = pytest.mark.live
RATE = re.compile(r"\b[1-9][0-9]?/s")  # 50 frames a second; fewer where the sender is preempted


@contextmanager
def watching(bed: Testbed, *flags: str, size: tuple[int, int] = (80, 24)) -> Iterator[Terminal]:
    """The screen on end b, with a trickle of datagrams coming in."""
    stop = threading.Event()

    def trickle() -> None:
        with suppress(OSError):  # the link may go
            while not stop.wait(0.1):
                send(bed, 5)

    sender = threading.Thread(target=trickle, daemon=True)
    program = [sys.executable, "-m", "kbview", "live", bed.b.link, *flags]
    with bed.b.namespace.entered():
        terminal = Terminal(program=program, size=size)
    with terminal:
        sender.start()
        try:
            yield terminal
        finally:
            stop.set()
            sender.join(5)


def _packet_sockets(bed: Testbed) -> list[str]:
    with bed.b.namespace.entered():
        return Path("/proc/thread-self/net/packet").read_text(encoding="ascii").splitlines()[1:]


@pytest.mark.parametrize(
    ("number", "code"),
    [(None, 0), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
    ids=["q", "SIGTERM", "SIGHUP", "SIGKILL"],
)
def test_it_shows_what_comes_in_and_leaves_nothing(number: signal.Signals | None, code: int) -> None:
    with Testbed() as bed, watching(bed) as terminal:
        terminal.wait_for("af_packet")
        terminal.wait_for("as it happens")
        terminal.wait_for("kernel 128")
        terminal.wait_for(RATE)
        assert len(_packet_sockets(bed)) == 1
        if number is None:
            terminal.press("q")
        else:
            terminal.process.send_signal(number)
        assert terminal.end() == code
        assert not _packet_sockets(bed)


def test_a_link_that_goes_is_told_on_the_screen_and_what_was_shown_stays() -> None:
    with Testbed() as bed, watching(bed) as terminal:
        terminal.wait_for(RATE)
        with bed.b.namespace.entered(), IPRoute() as route:
            route.link("set", index=route.link_lookup(ifname=bed.b.link)[0], state="down")
            terminal.wait_for("is down and brings nothing")
            route.link("del", index=route.link_lookup(ifname=bed.b.link)[0])
        terminal.wait_for("ended")
        assert "af_packet" in terminal.text
        terminal.press("q")
        assert terminal.end() == 0


def test_with_tracepoints_every_panel_is_fed_and_the_instance_goes() -> None:
    instances = Path("/sys/kernel/tracing/instances")
    with Testbed() as bed, watching(bed, "--trace", size=(120, 40)) as terminal:
        terminal.wait_for("→ kernel", 60)
        terminal.wait_for("NO_SOCKET", 60)
        terminal.wait_for("kernel 128")
        assert "cannot know" not in terminal.text.replace("cannot know sockets", "")
        terminal.process.terminate()
        assert terminal.end() == 143
    if instances.is_dir():
        assert not list(instances.glob(f"kbview-{terminal.process.pid}-*"))
