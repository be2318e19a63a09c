"""A class of followers on one machine: the cost of all together, and how late each of them is.

    python -m benchmarks.classroom [FOLLOWERS]

The followers are processes of their own on pseudo-terminals. A screen of 80 x 24 with twelve changed
rows is shown ten times a second, as a presenter's is in play; its first row holds the time. The peer is
one core of this machine: cost is processor time of all followers over the time that has passed.
"""

import os
import pty
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psutil

from kbview.classroom.hub import Hub
from kbview.classroom.room import Room

USUAL = 40
PLAY_S, PAUSE_S, PERIOD_S = 20.0, 10.0, 0.1
_STAMP = re.compile(rb"shown at (\d+)")
_COLOUR = "\x1b[38;5;{}m{:<40}\x1b[0m"


class Follower:
    """A `kbview follow` on a pseudo-terminal. `late_ms` is how late each screen arrived there."""

    def __init__(self, room: Path) -> None:
        self.master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        words = [sys.executable, "-m", "kbview", "follow", str(room)]
        environ = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        self.process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, env=environ)
        os.close(slave)
        os.set_blocking(self.master, False)
        self.late_ms: list[float] = []

    def read(self) -> None:
        """Take what the follower has written, and note how late each stamp in it is."""
        data = os.read(self.master, 1 << 16)
        now_ns = time.monotonic_ns()
        self.late_ms += [(now_ns - int(stamp)) / 1e6 for stamp in _STAMP.findall(data)]

    def end(self) -> None:
        """End the process by its id."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        os.close(self.master)


def _rows(number: int) -> list[str]:
    moving = [_COLOUR.format(number % 200 + row, f"row {row} {number}") * 2 for row in range(11)]
    still = [_COLOUR.format(17, f"row {row}") * 2 for row in range(12)]
    return [f"shown at {time.monotonic_ns()}", *moving, *still]


def _read(selector: selectors.BaseSelector, until_s: float) -> None:
    while (left := until_s - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            key.data.read()


def _processor_s(followers: list[Follower]) -> float:
    times = [psutil.Process(one.process.pid).cpu_times() for one in followers]
    return float(sum(each.user + each.system for each in times))


@contextmanager
def _class(folder: Path, count: int) -> Iterator[tuple[Hub, list[Follower]]]:
    room = Room(folder / "class", None)
    hub = Hub(room)
    hub.see(80, _rows(0))
    followers = [Follower(room.path) for _ in range(count)]
    try:
        yield hub, followers
    finally:
        for follower in followers:
            follower.end()
        hub.close("over")
        room.close()


def main(words: list[str]) -> int:
    """Print the figures; 1 if forty followers cost a core or are a second late."""
    count = int(words[0]) if words else USUAL
    with (
        tempfile.TemporaryDirectory() as folder,
        _class(Path(folder), count) as (hub, followers),
        selectors.DefaultSelector() as selector,
    ):
        for follower in followers:
            selector.register(follower.master, selectors.EVENT_READ, follower)
        while not all(follower.late_ms for follower in followers):
            _read(selector, time.monotonic() + PERIOD_S)
        for follower in followers:
            follower.late_ms.clear()
        before_s, began_s = _processor_s(followers), time.monotonic()
        for number in range(round(PLAY_S / PERIOD_S)):
            hub.see(80, _rows(number))
            _read(selector, began_s + (number + 1) * PERIOD_S)
        played = (_processor_s(followers) - before_s) / (time.monotonic() - began_s)
        _read(selector, time.monotonic() + 1)
        before_s = _processor_s(followers)
        _read(selector, time.monotonic() + PAUSE_S)
        paused = (_processor_s(followers) - before_s) / PAUSE_S
        late = sorted(each for follower in followers for each in follower.late_ms)
    p99 = late[int(0.99 * (len(late) - 1))]
    print(f"{count} followers, {len(late)} screens received")
    print(f"  while playing   {played:.2f} cores together")
    print(f"  while paused    {paused:.3f} cores together")
    print(f"  late            p50 {median(late):.1f} ms, p99 {p99:.1f} ms, greatest {late[-1]:.1f} ms")
    return int(played >= 1 or p99 >= 1000)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
