"""`kbview export TAPE --to FORMAT`: the records of a tape, for other programs."""

import argparse
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from kbview.cli import quantity
from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.run import pipe
from kbview.sources.tapes.output import TapeOutput
from kbview.tape.event import Event
from kbview.tape.events import DatapathStarted
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.tape.source import Source

SVG = "svg"
FORMATS = ("csv", "jsonl", "chrome", "pcapng", SVG)
_PIECE = 1 << 16


class ExportCommand(Command):
    """A tape in, a file or a pipe out."""

    name = "export"
    summary = "a tape as CSV, JSON lines, Chrome trace, pcapng or a picture"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("source", metavar="TAPE", help="a tape, or - for a pipe; `kbview record` makes one")
        add("--to", choices=FORMATS, required=True, help="the format")
        add("-o", "--output", metavar="FILE|-", default="-", help="default: standard output")
        add("--force", action="store_true", help="write over a file that exists")
        add(
            "--from",
            dest="since",
            metavar="TIME",
            type=quantity.duration_ps,
            help="leave earlier records out",
        )
        add("--until", metavar="TIME", type=quantity.duration_ps, help="leave later records out")
        add("--screen", metavar="NAME", default="overview", help="svg: overview, journey, ...")
        add("--size", metavar="WxH", default="80x24", help="svg: cells of the terminal")
        add("--at", metavar="TIME", type=quantity.duration_ps, help="svg: default: the tape's end")

    def run(self, arguments: argparse.Namespace) -> int:
        output = LateOutput(arguments.output, force=arguments.force, inputs=(arguments.source,))
        source = _tape(arguments.source)
        with closing(source), closing(output):
            if arguments.to == SVG:
                output.write(_picture(arguments, source))
            else:
                _write(arguments, source, output.write)
        return DONE


class LateOutput:
    """The file, made when the first bytes are there: an export that fails before leaves none."""

    def __init__(self, path: str, *, force: bool, inputs: tuple[str, ...]) -> None:
        if path != "-" and os.path.lexists(path) and not force:
            raise SourceError(f"{path}: exists; name another file, or --force to write over it", 2)
        self._path = path
        self._force = force
        self._inputs = inputs
        self._opened: TapeOutput | None = None

    def write(self, data: bytes) -> None:
        """Write all of it. Errors: SourceError with one line."""
        if self._opened is None:
            self._opened = TapeOutput(self._path, force=self._force, inputs=self._inputs)
        self._opened.write(data)

    def close(self) -> None:
        """Let go of the file, if it was made."""
        if self._opened is not None:
            self._opened.close()


def _tape(word: str) -> "Source":
    """The tape's source; SourceError for anything else."""
    from kbview.sources.request import Choice
    from kbview.sources.resolve import resolve

    source = resolve(word, Choice(), pipe() if word == "-" else None)
    if source.tape is None:
        source.close()
        raise SourceError(f"{word}: not a tape; `kbview record {word} -o FILE.kbt` makes one", 2)
    while not source.ended:
        source.pump(source.tape, 1 << 62)
    return source


def _write(arguments: argparse.Namespace, source: "Source", put: Callable[[bytes], None]) -> None:
    from kbview.cli.exports import EXPORTS

    tape = source.tape
    assert tape is not None
    records = _within(tape.read(tape.start), arguments.since or 0, arguments.until)
    waiting = bytearray()
    for piece in EXPORTS[arguments.to].pieces(records, source.heading):
        waiting += piece
        if len(waiting) >= _PIECE:
            put(bytes(waiting))
            waiting.clear()
    put(bytes(waiting))


def _within(records: Iterable[Event], since_ps: int, until_ps: int | None) -> Iterator[Event]:
    """The records of a stretch of time, and before it the start of the datapath in force."""
    started = None
    for record in records:
        if until_ps is not None and record.time_ps > until_ps:
            return
        if record.time_ps >= since_ps:
            if started is not None:
                yield started
                started = None
            yield record
        elif isinstance(record, DatapathStarted):
            started = record


def _picture(arguments: argparse.Namespace, source: "Source") -> bytes:
    from kbview.ui.picture import SCREENS, draw

    width, _, height = arguments.size.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise SourceError(f"--size {arguments.size}: not a size; write it as 80x24", 2)
    if arguments.screen not in SCREENS:
        known = ", ".join(SCREENS)
        raise SourceError(f"--screen {arguments.screen}: there is none of this name; use {known}", 2)
    end_ps = source.tape.end_ps if source.tape is not None else 0
    at_ps = end_ps if arguments.at is None else arguments.at
    return draw(source, arguments.screen, (int(width), int(height)), at_ps).encode()
