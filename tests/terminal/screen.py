"""A terminal to run the app in: a pty of a chosen size, its bytes counted and drawn by pyte."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import ClassVar, Self

import psutil
import pyte

ROOT = Path(__file__).parents[2]
DRIVER = """
import sys
from kbview.ui.options import Options
from kbview.ui.start import run
from tests.ui.scripted import Scripted
sys.exit(run(Scripted({source}), Options({options})))
"""


class Answering(pyte.Screen):  # type: ignore[misc]  # pyte has no types
    """A screen that answers questions as terminals do.

    `repeats`: "repeats" has REP of each character, "repeats ASCII" as tmux 3.3 has it, "" has none.

    pyte itself knows no REP, and its answers go nowhere.
    """

    def __init__(self, size: tuple[int, int], answer: Callable[[str], object], *, repeats: str) -> None:
        self._answer = answer
        self._repeats = repeats
        self._last = " "
        super().__init__(*size)

    def draw(self, data: str) -> None:
        """Draw, and keep the last character for REP."""
        super().draw(data)
        self._last = data[-1:] or self._last

    def repeat(self, count: int = 1) -> None:
        """REP, ECMA-48 8.3.103."""
        if self._repeats == "repeats" or (self._repeats and self._last.isascii()):
            super().draw(self._last * count)

    def write_process_input(self, data: str) -> None:
        """Answer into the line."""
        self._answer(data)


class Stream(pyte.ByteStream):  # type: ignore[misc]  # pyte has no types
    """Reads REP, too."""

    csi: ClassVar[dict[str, str]] = {**pyte.ByteStream.csi, "b": "repeat"}
    events = pyte.ByteStream.events | {"repeat"}


class Terminal:
    """The app on a pty, or another `program`.

    Use as a context manager: whatever happens, the process is gone after it.
    """

    def __init__(
        self,
        *,
        size: tuple[int, int] = (80, 24),
        source: str = "",
        options: str = "",
        program: Sequence[str] = (),
        environ: dict[str, str] | None = None,
        words: tuple[str, ...] = (),
        abilities: Collection[str] = ("answers", "repeats"),
    ) -> None:
        """`words`: run kbview with these instead of the scripted source.

        `abilities`: "answers" to questions, "repeats" (REP) or "repeats ASCII", "controls": a cut line
        is also a SIGHUP.
        """
        driver = ["-c", DRIVER.format(source=source, options=options)]
        answer = self.press if "answers" in abilities else str
        repeats = next((each for each in abilities if each.startswith("repeats")), "")
        self.screen = Answering(size, answer, repeats=repeats)
        self._stream = Stream(self.screen)
        self.output = b""
        self._master, slave = pty.openpty()
        self._resize(slave, size)
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        # recent files of a test are nobody's: the folder cannot be made
        base = {
            "XDG_STATE_HOME": "/dev/null",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
        }
        self.process = subprocess.Popen(
            program or [sys.executable, *(["-m", "kbview", *words] if words else driver)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**inherited, **base, **(environ or {})},
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=_take_terminal if "controls" in abilities else None,  # noqa: PLW1509 - no threads
        )
        os.close(slave)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.hang_up()

    @property
    def settings(self) -> list[object]:
        """The settings of the line: echo, raw mode and others."""
        return termios.tcgetattr(self._master)

    def read_slowly(self, seconds: float, rate: int) -> bytes:
        """What comes within this time at no more than `rate` bytes a second."""
        got = b""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.05)
            if select.select([self._master], [], [], 0)[0]:
                try:
                    got += os.read(self._master, rate // 20)
                except OSError:
                    break
        self.output += got
        return got

    def hang_up(self) -> None:
        """The line is gone."""
        if self._master >= 0:
            os.close(self._master)
            self._master = -1

    def read(self, seconds: float) -> bytes:
        """What comes within this time; also drawn on the screen."""
        got = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self._master < 0 or not select.select([self._master], [], [], left)[0]:
                break
            try:
                piece = os.read(self._master, 1 << 16)
            except OSError:
                break
            if not piece:
                break
            got += piece
        self.show(got)
        return got

    def show(self, got: bytes) -> None:
        """Draw what has come from the line."""
        self.output += got
        # pyte draws private CSI sequences that it does not know as text
        self._stream.feed(got.replace(b"\x1b[>1u", b"").replace(b"\x1b[<u", b""))

    def read_for(self, seconds: float) -> bytes:
        """All that comes within this time, pauses or not."""
        got = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            got += self.read(min(left, 0.1))
        return got

    def wait_for(self, text: str | re.Pattern[str], seconds: float = 60.0) -> None:
        """Read until the screen shows the text."""
        pattern = re.compile(re.escape(text)) if isinstance(text, str) else text
        start = time.monotonic()
        while not pattern.search(self.text):
            if time.monotonic() - start > seconds:
                raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")
            self.read(0.05)

    def falls_silent(self, for_s: float, within_s: float = 30.0) -> bool:
        """Whether nothing is sent for so long a stretch, which may begin late on a busy machine."""
        start = time.monotonic()
        while time.monotonic() - start < within_s:
            if not self.read_for(for_s):
                return True
        return False

    def processor_s(self) -> float:
        """The seconds that the program has spent on a core, itself and in the kernel."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self._master, keys.encode())

    def resize(self, width: int, height: int) -> None:
        """The window gets another size, and the process is told."""
        self._resize(self._master, (width, height))
        self.screen.resize(height, width)
        self.process.send_signal(signal.SIGWINCH)

    def end(self, seconds: float = 60.0) -> int:
        """Read until the process ends; its exit code."""
        start = time.monotonic()
        while self.process.poll() is None and time.monotonic() - start < seconds:
            self.read(0.05)
        self.read(0.2)
        return self.process.wait(timeout=10)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self.screen.display)

    @staticmethod
    def _resize(descriptor: int, size: tuple[int, int]) -> None:
        width, height = size
        fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))


def _take_terminal() -> None:
    """Make standard input the terminal that controls this session."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
