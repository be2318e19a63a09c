"""All benchmarks: `python -m benchmarks` prints them, and appends them to benchmarks/history.txt."""

import contextlib
import io
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import capture, emulator, fold, ring, screen, seek, slow_line, start, tape, watching

HISTORY = Path(__file__).with_name("history.txt")


PARTS: tuple[tuple[str, Callable[[], int]], ...] = (
    ("emulator", emulator.main),
    ("emulator growth", emulator.growth),
    ("capture", capture.main),
    ("seek", seek.main),
    ("tape", tape.main),
    ("fold", fold.main),
    ("start", start.main),
    ("screen", screen.main),
    ("ring", lambda: ring.main([])),
    ("slow_line", lambda: slow_line.main([])),
    ("watching", lambda: watching.main([])),
)


class Both(io.StringIO):
    """Keeps the text, and prints it at once."""

    def write(self, text: str) -> int:
        if sys.__stdout__ is not None:
            sys.__stdout__.write(text)
            sys.__stdout__.flush()
        return super().write(text)


def heading() -> str:
    """Date, commit, processor, Python and load of this run."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False
    ).stdout.strip()
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}, {platform.machine()}, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def code_of(name: str, part: Callable[[], int]) -> int:
    """The exit code of a benchmark; 1 if it raised, after a line about it."""
    try:
        return part()
    except (Exception, SystemExit) as error:
        print(f"{name}: {type(error).__name__}: {error}")
        return 1


def main() -> int:
    """Run all; the worst exit code. The text goes to the history, also after Ctrl+C."""
    kept, worst = Both(), 0
    try:
        with contextlib.redirect_stdout(kept):
            print(heading())
            for name, part in PARTS:
                print(f"---- {name} ----")
                code = code_of(name, part)
                print(f"exit code {code}")
                worst = max(worst, code)
    finally:
        with HISTORY.open("a", encoding="utf-8") as file:
            file.write(kept.getvalue() + "\n")
    return worst


if __name__ == "__main__":
    sys.exit(main())
