"""Start-up: `--version`, the first report and the first paint, beside an empty Python interpreter.

python -m benchmarks.start
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from statistics import median

ROUNDS = 7
WANTED_S = {"--version": 0.1, "first paint": 0.5}
KBVIEW = (sys.executable, "-P", "-m", "kbview")


def run(words: Sequence[str]) -> float:
    """Seconds that a command takes."""
    began = time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def first_paint() -> float:
    """Seconds until the screen of a bundled recording has painted a frame, in a terminal of its own."""
    began = time.perf_counter()
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS="80", LINES="24")
        os.execv(KBVIEW[0], [*KBVIEW, "http.pcap"])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = b""
    while b"NIC" not in seen and time.perf_counter() - began < 20:
        if select.select([terminal], [], [], 0.01)[0]:
            seen += os.read(terminal, 65536)
    spent = time.perf_counter() - began
    os.write(terminal, b"q")
    os.close(terminal)
    os.waitpid(child, 0)
    return spent


def main() -> int:
    """Print the table; 1 if the least time of a row is above what is wanted."""
    rows = {
        "python -c pass": lambda: run([sys.executable, "-c", "pass"]),
        "--version": lambda: run([*KBVIEW, "--version"]),
        "run paced-udp": lambda: run([*KBVIEW, "run", "paced-udp", "--until", "10"]),
        "first paint": first_paint,
    }
    good = True
    print(f"seconds from start; {ROUNDS} rounds: least, median, greatest")
    for name, measure in rows.items():
        spent = sorted(measure() for _ in range(ROUNDS))
        good &= spent[0] <= WANTED_S.get(name, spent[0])
        print(f"  {name:<16} {spent[0]:.3f}  {median(spent):.3f}  {spent[-1]:.3f}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
