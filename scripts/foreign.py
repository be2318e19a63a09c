"""Reads every capture below a folder as kbview does; compares its counts with capinfos; prints figures.

python scripts/foreign.py FOLDER...      # needs capinfos (Debian: wireshark-common)
"""

import argparse
import contextlib
import io
import json
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from kbview.cli.main import main as kbview
from kbview.packet.capture import open_capture

SUFFIXES = (".pcap", ".pcapng", ".cap", ".pcap.gz", ".pcapng.gz", ".cap.gz")
PATIENCE_S = 300
ATM, ATM_HEADER = 123, 4  # Wireshark counts no SunATM header
REASONS = ("link type", "not a capture")


class Counts(NamedTuple):
    """Packets of a capture, and the sum of their lengths on the wire."""

    packets: int
    length: int


class _HangError(Exception):
    """A capture that took longer than PATIENCE_S."""


def captures(folders: Sequence[Path]) -> Counter[str]:
    """The figures of all captures below the folders."""
    found: Counter[str] = Counter()
    signal.signal(signal.SIGALRM, _give_up)
    for path in _files(folders):
        found["captures"] += 1
        signal.alarm(PATIENCE_S)
        try:
            found.update(_read(path))
        except _HangError:
            found["hang"] += 1
            sys.stderr.write(f"{path}: hangs\n")
        finally:
            signal.alarm(0)
    return found


def _give_up(_number: int, _frame: FrameType | None) -> None:
    raise _HangError


def _files(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.name.endswith(SUFFIXES))


def _read(path: Path) -> Iterator[str]:
    """The names of the figures that this capture counts for."""
    code, out, err = _quietly(["run", str(path), "--json"])
    if "mistake in kbview" in err or "Traceback" in err:
        yield "traceback"
        sys.stderr.write(f"{path}: {err}\n")
    elif code:
        reason = next((each for each in REASONS if each in err), "damage")
        yield f"refused in a line, {reason}" if err.count("\n") == 1 else "refused otherwise"
        if reason == "damage":
            sys.stderr.write(err)
    else:
        yield "read"
        yield from _compared(path, json.loads(out)[0]["frames"])


def _compared(path: Path, frames: dict[str, int]) -> Iterator[str]:
    own, reference = _own(path), _reference(path)
    ends = frames["delivered"] + frames["dropped"] + frames["missed"] + frames["in_flight"]
    yield "each arrived frame has an end" if frames["arrived"] == ends else "a frame without an end"
    if reference is None:
        yield "read, and refused by capinfos"
    elif reference == own:
        yield "equal to capinfos in packets and bytes"
    else:
        yield "unequal to capinfos"
        sys.stderr.write(f"{path}: {own} and by capinfos {reference}\n")


def _own(path: Path) -> Counts:
    packets = length = 0
    with open_capture(path) as capture:
        for _, original_length, link_type, _ in capture.records():
            packets += 1
            length += original_length - ATM_HEADER * (link_type == ATM)
    return Counts(packets, length)


def _reference(path: Path) -> Counts | None:
    """The counts of capinfos; None if it refuses the file."""
    capinfos = shutil.which("capinfos")
    if capinfos is None:
        raise SystemExit("capinfos is not installed; on Debian: apt-get install wireshark-common")
    words = [capinfos, "-c", "-d", "-M", "-T", "-r", str(path)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 - a reader
    if done.returncode or not done.stdout:
        return None
    _, packets, length = done.stdout.rstrip("\n").rsplit("\t", 2)
    return Counts(int(packets), int(length))


def _quietly(words: list[str]) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = kbview(words)
    return code, out.getvalue(), err.getvalue()


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    sys.stdout.write("| part | figure | count |\n|---|---|---|\n")
    for figure, count in captures(parser.parse_args().folders).items():
        sys.stdout.write(f"| captures | {figure} | {count} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
