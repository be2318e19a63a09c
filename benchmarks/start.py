"""Start-up: `--version`, a report and the first paint, beside an empty Python interpreter.

CPU time is taken, for the machine may be shared. The rows are measured in turn, with byte code cached.

python -m benchmarks.start
"""

import fcntl
import os
import pty
import select
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

ROUNDS = 7
WANTED_S = {"--version": 0.1, "first paint": 0.5}
KBVIEW = (sys.executable, "-P", "-m", "kbview")
EMPTY = "python -c pass"
_LONGEST_S = 30


def run(words: Sequence[str], environment: Mapping[str, str]) -> float:
    """CPU seconds of a command; its output goes nowhere."""
    child = os.posix_spawn(
        words[0],
        list(words),
        environment,
        file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
    )
    _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(words)}: status {status}")
    return usage.ru_utime + usage.ru_stime


def first_paint(environment: Mapping[str, str]) -> float:
    """CPU seconds until the screen of a bundled recording stands, in a terminal of its own."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(KBVIEW[0], [*KBVIEW, "http.pcap"], dict(environment))
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = b""
    until = time.perf_counter() + _LONGEST_S
    while b"NIC" not in seen and time.perf_counter() < until:
        if select.select([terminal], [], [], 0.01)[0]:
            seen += os.read(terminal, 65536)
    spent = cpu_s(child)
    os.write(terminal, b"q")
    os.close(terminal)
    os.waitpid(child, 0)
    if b"NIC" not in seen:
        raise SystemExit(f"no screen within {_LONGEST_S} s")
    return spent


def cpu_s(process: int) -> float:
    """CPU seconds of the threads of a process until now (first field of schedstat, nanoseconds)."""
    tasks = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def main() -> int:
    """Print the table; 1 if the least time of a row is above the aim."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {
            **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": cache,
            "TERM": "xterm-256color",
        }
        rows: dict[str, Callable[[], float]] = {
            EMPTY: lambda: run([sys.executable, "-c", "pass"], environment),
            "--version": lambda: run([*KBVIEW, "--version"], environment),
            "import textual": lambda: run([sys.executable, "-c", "import textual.app"], environment),
            "run paced-udp": lambda: run([*KBVIEW, "run", "paced-udp", "--until", "10"], environment),
            "first paint": lambda: first_paint(environment),
        }
        for measure in rows.values():
            measure()  # compiles to byte code
        spent: dict[str, list[float]] = {name: [] for name in rows}
        for _ in range(ROUNDS):
            for name, measure in rows.items():
                spent[name].append(measure())
    return _report(spent)


def _report(spent: Mapping[str, Sequence[float]]) -> int:
    print(f"CPU seconds from start, {ROUNDS} rounds: least, median, greatest; ratio to an empty Python")
    good = True
    for name, times in spent.items():
        good &= min(times) <= WANTED_S.get(name, min(times))
        ratio = median(a / b for a, b in zip(times, spent[EMPTY], strict=True))
        print(f"  {name:<16} {min(times):.3f}  {median(times):.3f}  {max(times):.3f}  {ratio:5.1f}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
