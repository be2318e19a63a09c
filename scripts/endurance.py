"""Hours of play in minutes, with the screen on: memory before and after the spill; prints figures.

python scripts/endurance.py              # a quarter of an hour on a busy core

The screen shows overload-udp in single steps, then as fast as it goes. At the usual speed a second is
200 us of emulated time, so two hours of play are 1.44 s of it.
"""

import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import psutil

from tests.terminal.screen import Terminal

SCENARIO = ("overload-udp", "--set", "frames=500000000")
TWO_HOURS_S = 2 * 3600 * 200e-6
SPILL_MB = 5  # packed: a hundred thousand records and more
CLOCK = re.compile(r"\bt +([\d.]+) (ps|ns|us|µs|ms|s)\b")
UNITS = {"ps": 1e-12, "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
MOST_S = 1200


def played(sample: int = 1) -> Counter[str]:
    """The figures; `sample` divides the hours and the spill."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as cache:
        with Terminal(words=SCENARIO, environ={"XDG_CACHE_HOME": cache}) as terminal:
            watch = Watch(terminal, Path(cache))
            terminal.wait_for("quit")
            watch.until(lambda: watch.spilled_mb > 0)
            found["single steps: resident MB as the spill begins"] = watch.resident_mb
            watch.until(lambda: watch.spilled_mb > SPILL_MB / sample)
            found[f"single steps: resident MB after {SPILL_MB} MB of spill"] = watch.resident_mb
            terminal.press("*")
            watch.until(lambda: watch.clock_s > TWO_HOURS_S / sample)
            found["resident MB after two hours of play"] = watch.resident_mb
            watch.until(lambda: watch.clock_s > 3 * TWO_HOURS_S / sample)
            found["resident MB after six hours of play"] = watch.resident_mb
            found["spilled MB at the end"] = round(watch.spilled_mb)
            terminal.press("q")
            found["ended with 0"] = terminal.end() == 0
        found["files left behind"] = sum(path.is_file() for path in Path(cache).rglob("*"))
    return found


class Watch:
    """The clock that the screen shows, and the memory and the spill of its process."""

    def __init__(self, terminal: Terminal, cache: Path) -> None:
        self._terminal, self._cache = terminal, cache
        self._process = psutil.Process(terminal.process.pid)

    def until(self, reached: Callable[[], bool]) -> None:
        """Read the screen as it comes."""
        end = time.monotonic() + MOST_S
        while not reached():
            assert time.monotonic() < end, self._terminal.text
            self._terminal.read_for(1.0)

    @property
    def clock_s(self) -> float:
        """The time of the trace, 0 while the screen shows none."""
        found = CLOCK.search(self._terminal.text)
        return float(found[1]) * UNITS[found[2]] if found else 0.0

    @property
    def resident_mb(self) -> int:
        """Its memory."""
        return round(self._process.memory_info().rss / 1e6)

    @property
    def spilled_mb(self) -> float:
        """The size of its files in the cache folder, which have no name."""
        files = Path(f"/proc/{self._process.pid}/fd").iterdir()
        own = [file for file in files if str(file.readlink()).startswith(str(self._cache))]
        return sum(os.stat(file).st_size for file in own) / 1e6


def main() -> int:
    """Print the table."""
    for figure, count in played().items():
        sys.stdout.write(f"| endurance | {figure} | {count} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
