"""Runs kbview in every kind of terminal, ends it in every way, damages its tapes; prints the figures.

python scripts/matrix.py                      # these three and endurance: a quarter of an hour
python scripts/matrix.py --sample 12          # every so many-th combination, as the gate does
python scripts/matrix.py --captures FOLDER    # and every capture below a folder, beside capinfos
python scripts/matrix.py --install            # and every way to install, in bare Debian systems: root
python scripts/matrix.py --folder DIR ...     # keeps these systems in DIR for the next time
"""

import argparse
import contextlib
import io
import itertools
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import bare
import endurance
import foreign

from kbview.cli.main import main as kbview
from tests.terminal.screen import Terminal

TERMS = ("xterm-256color", "xterm", "screen-256color", "tmux-256color", "linux", "vt220", "vt100")
COLOURS: tuple[dict[str, str], ...] = ({}, {"NO_COLOR": "1"})
LOCALES: tuple[dict[str, str], ...] = ({}, {"LANG": "C", "LC_ALL": "C"})
SIZES = ((80, 24), (60, 16), (100, 30), (160, 50))
WAYS = ("q", "ctrl+c", "SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT", "stop and go on", "line cut")
CODES = {"q": 0, "ctrl+c": 130, "stop and go on": 0, "line cut": 129}
LEFT = (b"\x1b[?1049l", b"\x1b[?25h")
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|[34]8;[25][0-9;]*)(?:;\d+)*m")
DAMAGES = 300


def terminals(sample: int) -> Counter[str]:
    """Every terminal, with and without colour, in both locales and four sizes."""
    found: Counter[str] = Counter()
    cases = itertools.product(TERMS, COLOURS, LOCALES, SIZES)
    for term, colour, locale, size in itertools.islice(cases, 0, None, sample):
        environ = {"TERM": term, "COLORFGBG": "15;0", **colour, **locale}
        with Terminal(size=size, environ=environ, words=("http.pcap",)) as terminal:
            before = terminal.settings
            terminal.wait_for("quit")
            terminal.press("q")
            found["opened"] += 1
            found["ended with 0"] += terminal.end() == 0
            given_back = all(code in terminal.output for code in LEFT)
            found["gave the terminal back"] += given_back and terminal.settings == before
            found["colour in spite of NO_COLOR"] += bool(colour and COLOUR.search(terminal.output))
            found["beyond ASCII in the C locale"] += bool(locale and not terminal.output.isascii())
            found["traceback"] += b"Traceback" in terminal.output
    return found


def endings(sample: int) -> Counter[str]:
    """Every way to end, while the screen plays and while it is paused."""
    found: Counter[str] = Counter()
    cases = itertools.product(WAYS, (False, True))
    for way, paused in itertools.islice(cases, 0, None, max(1, sample // 6)):
        with Terminal(words=("overload-udp",)) as terminal:
            before = terminal.settings
            terminal.wait_for("quit")
            if paused:
                terminal.press(" ")
                terminal.wait_for("‖")
            _end(terminal, way)
            number = 128 + signal.Signals[way] if way.startswith("SIG") else CODES[way]
            found["ended"] += 1
            found["its exit code"] += terminal.end() == number
            if way != "line cut":
                found["not given back"] += terminal.settings != before
    return found


def _end(terminal: Terminal, way: str) -> None:
    if way.startswith("SIG"):
        terminal.process.send_signal(signal.Signals[way])
    elif way == "line cut":
        terminal.hang_up()
    else:
        if way == "stop and go on":
            terminal.process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)
            terminal.screen.reset()
            terminal.process.send_signal(signal.SIGCONT)
            terminal.wait_for("quit")  # what was typed before is gone, as behind any shell
        terminal.press("\x03" if way == "ctrl+c" else "q")


def damaged(sample: int) -> Counter[str]:
    """A tape that is cut anywhere, and one with a bit that is wrong: read up to there, or refused."""
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "whole.kbt")
        _quietly(["record", "http.pcap", "--until", "400", "-o", str(whole)])
        data = whole.read_bytes()
        path = Path(folder, "damaged.kbt")
        for changed in itertools.islice(_changes(data), 0, None, sample):
            path.write_bytes(changed)
            code, out = _quietly(["run", str(path)])
            found["damaged tapes"] += 1
            found["reported"] += code == 0
            found["refused in a line"] += code == 3 and out.count("\n") == 1
            found["a mistake of kbview"] += "mistake in kbview" in out
    return found


def _changes(data: bytes) -> Iterator[bytes]:
    chance = random.Random(7)  # noqa: S311 - the same damage each time
    for _ in range(DAMAGES):
        yield data[: chance.randrange(len(data))]
        at = chance.randrange(len(data))
        yield data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def _quietly(words: list[str]) -> tuple[int, str]:
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        code = kbview(words)
    told = text.getvalue()
    return code, told if code else ""


PARTS: dict[str, Callable[[int], Counter[str]]] = {
    "terminals": terminals,
    "endings": endings,
    "damage": damaged,
    "endurance": endurance.played,
}


def lines(names: Iterable[str], sample: int) -> Iterator[str]:
    """The rows of the table, as they come."""
    yield "| part | figure | count |\n|---|---|---|"
    for name in names:
        for figure, count in PARTS[name](sample).items():
            yield f"| {name} | {figure} | {count} |"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--sample", type=int, default=1, metavar="N")
    parser.add_argument("--captures", type=Path, action="append", default=[], metavar="FOLDER")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--folder", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    for line in lines(arguments.parts or PARTS, arguments.sample):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    if arguments.captures:
        for figure, count in foreign.captures(arguments.captures).items():
            sys.stdout.write(f"| captures | {figure} | {count} |\n")
    if arguments.install:
        with tempfile.TemporaryDirectory() as folder:
            kept = arguments.folder or Path(folder)
            for row in bare.rows([*bare.SUITES], [*bare.PARTS], kept):
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
