"""`kbview export TAPE --to FORMAT`: the records of a tape, for other programs."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

from kbview.cli import headway, quantity
from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.run import pipe
from kbview.sources.tapes.whole_file import WholeFile
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
        inputs = (arguments.source,)
        source = _tape(arguments.source)
        with closing(source):
            picture = _picture(arguments, source) if arguments.to == SVG else b""
            with WholeFile(arguments.output, force=arguments.force, inputs=inputs) as output:
                if picture:
                    output.write(picture)
                else:
                    _write(arguments, source, output.write)
        return DONE


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
    begin_ps, end_ps = arguments.since or 0, arguments.until
    records = _within(tape.read(tape.start), begin_ps, end_ps)
    length_ps = max(1, (tape.end_ps if end_ps is None else min(end_ps, tape.end_ps)) - begin_ps)
    reached = [begin_ps]
    waiting = bytearray()
    with headway.shown(arguments.to, lambda: max(0, reached[0] - begin_ps) / length_ps):
        for piece in EXPORTS[arguments.to].pieces(_noted(records, reached), source.heading):
            waiting += piece
            if len(waiting) >= _PIECE:
                put(bytes(waiting))
                waiting.clear()
        put(bytes(waiting))


def _noted(records: Iterable[Event], reached: list[int]) -> Iterator[Event]:
    """The same records; the time of the last is noted for the progress."""
    for record in records:
        reached[0] = record.time_ps
        yield record


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
