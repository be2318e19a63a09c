"""The screen at 10 frames/s, beside btop at 10 Hz in the same terminal: CPU and bytes, in turn.

kbview plays overload-udp at its default settings, in pure Python and compiled. Its CPU time is taken
apart (benchmarks/shares.py):

    source   the emulated machine; btop has no such part, because the kernel runs the machine it shows
    fold     the records of the tape into the state, as btop reads /proc
    screen   panels, Textual and the terminal, as btop draws

The aim is for fold and screen together. The ratio of the whole process is printed beside. The benchmark
exits with 1 above the ratio, or the bytes, that docs/performance.md promises. btop is left out where it
is not installed.

python -m benchmarks.screen
"""

import fcntl
import json
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

from benchmarks.emulator import ROOT, packages
from benchmarks.start import cpu_s

SIZES = ((80, 24), (200, 55))
ROUNDS = 3
SETTLING_S = 4.0  # after the start, which is not measured
WATCHED_S = 6.0
LEAVING_S = 3.0
PARTS = ("screen", "fold", "source")
AIM = 2.0  # times btop's CPU, for screen and fold together
PROMISED = 2.8  # the same; above it the benchmark fails
PROMISED_KB = 15.0  # a second; above it the benchmark fails
BTOP_SETTINGS = "update_ms = 100\n"
# A terminal that answers: it has shown the bytes before a question, and it knows REP.
ANSWERS = {b"\x1b[5n": b"\x1b[0n", b"\x1b[6n": b"\x1b[1;4R"}


class Watched(NamedTuple):
    """A program on a terminal: shares of a core by part, all under "whole", and KB/s written."""

    shares: dict[str, float]
    kilobytes: float

    @property
    def drawing(self) -> float:
        """The share of a core for reading and drawing: all but the source."""
        return self.shares["whole"] - self.shares.get("source", 0.0)


def watch(words: Sequence[str], size: tuple[int, int], environment: dict[str, str]) -> Watched:
    """Run a program on a terminal of this size, and end it."""
    child, terminal = pty.fork()
    if child == 0:
        base = {**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execve(words[0], list(words), {**base, **environment})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    try:
        _drain(terminal, SETTLING_S)
        before_s, began = cpu_s(child), time.monotonic()
        written = _drain(terminal, WATCHED_S)
        elapsed_s = time.monotonic() - began
        share = (cpu_s(child) - before_s) / elapsed_s
        return Watched({"whole": share}, written / elapsed_s / 1000)
    finally:
        os.write(terminal, b"q")
        _drain(terminal, LEAVING_S)
        os.kill(child, 9)
        os.close(terminal)
        os.waitpid(child, 0)


def watch_kbview(package: Path, size: tuple[int, int], home: str) -> Watched:
    """Run kbview with its CPU time taken apart."""
    parts = Path(home) / "parts.json"
    parts.unlink(missing_ok=True)
    words = [sys.executable, "-P", "-m", "benchmarks.shares", str(parts), "overload-udp"]
    environment = {"XDG_CONFIG_HOME": home, "PYTHONPATH": f"{package}:{ROOT}"}
    seen = watch(words, size, environment)
    if not parts.exists():
        raise SystemExit(f"{' '.join(words)}, PYTHONPATH={package}: ended without a screen")
    shares: dict[str, float] = json.loads(parts.read_text("utf-8"))
    return Watched({**shares, "whole": sum(shares.values())}, seen.kilobytes)


def _drain(terminal: int, seconds: float) -> int:
    """Read and answer what the program writes, for some seconds or until it ends; the bytes."""
    until, count = time.monotonic() + seconds, 0
    while (left := until - time.monotonic()) > 0:
        if select.select([terminal], [], [], left)[0]:
            try:
                data = os.read(terminal, 65536)
            except OSError:  # the program has ended
                return count
            count += len(data)
            for question, answer in ANSWERS.items():
                os.write(terminal, answer * data.count(question))
    return count


def rounds(size: tuple[int, int], home: str) -> dict[str, list[Watched]]:
    """All programs in turn, several times."""
    btop = shutil.which("btop")
    seen: dict[str, list[Watched]] = {}
    for _ in range(ROUNDS):
        for kind, package in packages().items():
            seen.setdefault(f"kbview, {kind}", []).append(watch_kbview(package, size, home))
        if btop:
            seen.setdefault("btop", []).append(watch([btop], size, {"XDG_CONFIG_HOME": home}))
    return seen


def main() -> int:
    """Print the table; 1 if a median ratio to btop, or the bytes, are above the promise."""
    aims: list[str] = []
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "btop"
        folder.mkdir()
        (folder / "btop.conf").write_text(BTOP_SETTINGS)
        for size in SIZES:
            seen = rounds(size, home)
            print(f"screen {size[0]}x{size[1]}, {ROUNDS} rounds: % of a core, least, median, greatest")
            for name, watched in seen.items():
                print(line(name, watched), flush=True)
                missed, failed = against_promises(f"{size[0]}x{size[1]} {name}", watched, seen)
                aims += missed
                faults += failed
    for text in (*aims, *faults):
        print(text)
    return int(bool(faults))


def line(name: str, watched: Sequence[Watched]) -> str:
    """A line of the table: the whole, then the medians of the parts, and KB/s."""
    whole = [100 * each.shares["whole"] for each in watched]
    parts = [
        f"{part} {100 * median(each.shares[part] for each in watched):.1f}"
        for part in PARTS
        if part in watched[0].shares
    ]
    kilobytes = median(each.kilobytes for each in watched)
    told = f"{min(whole):5.1f} {median(whole):5.1f} {max(whole):5.1f}   {kilobytes:6.1f} KB/s"
    return f"  {name:<16} {told}   {', '.join(parts)}".rstrip()


def against_promises(
    name: str, watched: Sequence[Watched], seen: dict[str, list[Watched]]
) -> tuple[list[str], list[str]]:
    """The sentences about a missed aim, and about a broken promise; also prints the ratios."""
    if "btop" not in seen:
        return ["btop is not installed: no ratio"], []
    if watched is seen["btop"]:
        return [], []
    pairs = list(zip(watched, seen["btop"], strict=True))
    drawing = median(a.drawing / b.drawing for a, b in pairs)
    whole = median(a.shares["whole"] / b.shares["whole"] for a, b in pairs)
    drawn = median(a.shares["screen"] / b.drawing for a, b in pairs)
    print(
        f"{'':19}screen and fold {drawing:.1f} times btop; screen alone {drawn:.1f}, whole {whole:.1f}"
    )
    missed, failed = [], []
    text = f"{name}: screen and fold take {drawing:.1f} times btop's CPU"
    if drawing > PROMISED:
        failed.append(f"{text}, at most {PROMISED:g} is promised")
    elif drawing > AIM:
        missed.append(f"{text}, the aim is {AIM:g}")
    kilobytes = median(each.kilobytes for each in watched)
    if kilobytes > PROMISED_KB:
        failed.append(f"{name}: {kilobytes:.1f} KB/s, at most {PROMISED_KB:g} are promised")
    return missed, failed


if __name__ == "__main__":
    sys.exit(main())
