"""The app over a slow line, 200x55 at 64 kbit/s and 200 ms: at most 3 s a key, and 2 s to quit.

python -m benchmarks.slow_line [COLUMNSxROWS]

    kbview -> pty -> 256 KiB of sshd and TCP -> 8,000 bytes/s -> 100 ms -> terminal
    kbview <- pty <----------------------------------------------- 100 ms <- terminal

The line is a model of its own here, in the clock's time: the buffer takes what a pty gives until it is
full, as sshd and TCP do. The terminal (pyte) draws what has come through, answers questions, and shows
the moment at which a key has its effect.
"""

import os
import select
import sys
import time
from collections import deque

from tests.terminal.screen import Terminal

RATE = 8000  # bytes a second: 64 kbit/s
DELAY_S = 0.1  # each way
BUFFER = 256 << 10
SIZE = (200, 55)
LIMIT_S, QUIT_S = 3.0, 2.0
OVER_SSH = {"SSH_CONNECTION": "192.0.2.1 40000 192.0.2.2 22"}
# A key, and a text of its effect. All but "kernel bypassed", a text of the path, stand in the last row,
# which is sent last.
KEYS = (
    ("5", "c keep  ? help"),
    ("?", "Esc back   / find"),
    ("\x1b", "c keep  ? help"),
    ("1", "1-7 screens  m datapath"),
    ("t", "kernel bypassed"),
    ("2", "←→ step"),
)
_ROUND_S = 0.005


class SlowTerminal(Terminal):
    """A terminal behind such a line. `most`: the most bytes that were under way at once."""

    def __init__(self, words: tuple[str, ...], size: tuple[int, int] = SIZE, rate: int = RATE) -> None:
        super().__init__(size=size, words=words, environ=OVER_SSH)
        self.most = 0
        self._rate = rate
        self._buffered = bytearray()
        self._flying: deque[tuple[float, bytes]] = deque()
        self._typed: deque[tuple[float, str]] = deque()
        self._credit = 0.0
        self._before_s = time.monotonic()

    @property
    def under_way(self) -> int:
        """The bytes that have left the pty and have not come to the terminal."""
        return len(self._buffered) + sum(len(piece) for _, piece in self._flying)

    @property
    def unheard(self) -> str:
        """Keys and answers that have not come to kbview yet, or came after its end."""
        return "".join(keys for _, keys in self._typed)

    def press(self, keys: str) -> None:
        """Type, or answer: it arrives after the delay."""
        self._typed.append((time.monotonic() + DELAY_S, keys))

    def read(self, seconds: float) -> bytes:
        """Run the line for this time; the bytes that came to the terminal."""
        before = len(self.output)
        end_s = time.monotonic() + seconds
        while True:
            self._carry()
            if time.monotonic() >= end_s:
                return self.output[before:]
            time.sleep(_ROUND_S)

    def _carry(self) -> None:
        now_s = time.monotonic()
        while self._typed and self._typed[0][0] <= now_s:
            super().press(self._typed.popleft()[1])
        room = BUFFER - len(self._buffered)
        if room and self.process.poll() is None and select.select([self._master], [], [], 0)[0]:
            self._buffered += os.read(self._master, room)
        self._credit = min(
            self._credit + self._rate * (now_s - self._before_s), self._rate * _ROUND_S * 20
        )
        self._before_s = now_s
        if (count := min(int(self._credit), len(self._buffered))) > 0:
            self._flying.append((now_s + DELAY_S, bytes(self._buffered[:count])))
            del self._buffered[:count]
            self._credit -= count
        self.most = max(self.most, self.under_way)
        while self._flying and self._flying[0][0] <= now_s:
            self.show(self._flying.popleft()[1])

    def until(self, keys: str, text: str, seconds: float = 60.0) -> float:
        """Press the keys; the seconds until the terminal shows the text."""
        began_s = time.monotonic()
        self.press(keys)
        self.wait_for(text, seconds)
        return time.monotonic() - began_s

    def until_left(self, seconds: float = 60.0) -> float:
        """Press q; the seconds until the process has ended."""
        began_s = time.monotonic()
        self.press("q")
        while self.process.poll() is None and time.monotonic() - began_s < seconds:
            self.read(0.01)
        return time.monotonic() - began_s


def main(words: list[str] | None = None) -> int:
    """A line a key; 1 if one took longer than it may."""
    size = tuple(map(int, words[0].split("x"))) if words else SIZE
    late = 0
    with SlowTerminal(("overload-udp",), (size[0], size[1])) as terminal:
        print(f"{size[0]}x{size[1]} at {RATE * 8 // 1000} kbit/s and {2 * DELAY_S * 1000:.0f} ms")
        print(f"  q quit on the screen  {terminal.until('', 'q quit'):5.1f} s")
        terminal.read(10)
        for key, text in KEYS:
            took_s = terminal.until(key, text)
            late += took_s > LIMIT_S
            print(f"  {key!r:<8} {text:<22} {took_s:5.1f} s of {LIMIT_S:.0f}")
            terminal.read(3)
        took_s = terminal.until_left()
        late += took_s > QUIT_S
        print(f"  'q'      the process has ended  {took_s:5.1f} s of {QUIT_S:.0f}")
        print(f"  {terminal.most:,} bytes under way at most, {len(terminal.output):,} in all")
    return int(late > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
