"""The screen at 10 frames/s, beside btop at 10 Hz in the same terminal: CPU and bytes, in turn.

kbview plays overload-udp at its default settings; btop is left out where it is not installed.

python -m benchmarks.screen
"""

import fcntl
import os
import pty
import select
import shutil
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.start import KBVIEW, cpu_s

SIZES = ((80, 24), (200, 55))
ROUNDS = 3
SETTLING_S = 4.0  # after the start, which is not measured
WATCHED_S = 6.0
WANTED = 2.0  # times btop's CPU
BTOP_SETTINGS = "update_ms = 100\n"


class Watched(NamedTuple):
    """A program on a terminal: its share of a core, and KB/s written."""

    share: float
    kilobytes: float


def watch(words: Sequence[str], size: tuple[int, int], home: str) -> Watched:
    """Run a program on a terminal of this size, and end it."""
    child, terminal = pty.fork()
    if child == 0:
        environment = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        environment["XDG_CONFIG_HOME"] = home
        os.execve(words[0], list(words), environment)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    try:
        _drain(terminal, SETTLING_S)
        before_s, began = cpu_s(child), time.monotonic()
        written = _drain(terminal, WATCHED_S)
        elapsed_s = time.monotonic() - began
        return Watched((cpu_s(child) - before_s) / elapsed_s, written / elapsed_s / 1000)
    finally:
        os.write(terminal, b"q")
        _drain(terminal, 1.0)
        os.kill(child, 9)
        os.close(terminal)
        os.waitpid(child, 0)


def _drain(terminal: int, seconds: float) -> int:
    """Read what the program writes, for some seconds; the bytes."""
    until, count = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                count += len(os.read(terminal, 65536))
            except OSError:  # the program has ended
                return count
    return count


def main() -> int:
    """Print the table; 1 if the median ratio to btop is above the aim."""
    btop = shutil.which("btop")
    programs = {"kbview": [*KBVIEW, "overload-udp"], **({"btop": [btop]} if btop else {})}
    worst = 0.0
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "btop"
        folder.mkdir()
        (folder / "btop.conf").write_text(BTOP_SETTINGS)
        for size in SIZES:
            seen: dict[str, list[Watched]] = {name: [] for name in programs}
            for _ in range(ROUNDS):
                for name, words in programs.items():
                    seen[name].append(watch(words, size, home))
            worst = max(worst, _report(size, seen))
    return int(worst > WANTED)


def _report(size: tuple[int, int], seen: dict[str, list[Watched]]) -> float:
    """Print a size; the median ratio of kbview's CPU to btop's, 0 without btop."""
    print(f"screen {size[0]}x{size[1]}, {ROUNDS} rounds: % of a core, least, median, greatest; KB/s")
    for name, rounds in seen.items():
        shares = [100 * each.share for each in rounds]
        kilobytes = median(each.kilobytes for each in rounds)
        print(
            f"  {name:<8} {min(shares):5.1f} {median(shares):5.1f} {max(shares):5.1f}  {kilobytes:6.1f}"
        )
    if "btop" not in seen:
        print("  btop is not installed")
        return 0.0
    ratio = median(a.share / b.share for a, b in zip(seen["kbview"], seen["btop"], strict=True))
    print(f"  ratio {ratio:.1f}   wanted at most {WANTED:g}")
    return ratio


if __name__ == "__main__":
    sys.exit(main())
