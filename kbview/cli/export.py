"""`kbview export TAPE --to FORMAT`: what a tape holds, for other programs."""

import argparse
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from kbview.cli import quantity
from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.run import pipe

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
        add("--screen", metavar="NAME", default="overview", help="svg: overview, journey, ...")
        add("--size", metavar="WxH", default="80x24", help="svg: cells of the terminal")
        add("--at", metavar="TIME", type=quantity.duration_ps, help="svg: default: the tape's end")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.sources.tapes.output import TapeOutput

        source = _tape(arguments.source)
        with closing(source):
            data = _picture(arguments, source) if arguments.to == SVG else None
            made = TapeOutput(arguments.output, force=arguments.force, inputs=(arguments.source,))
            with closing(made) as output:
                if data is not None:
                    output.write(data)
                else:
                    _write(arguments.to, source, output.write)
        return DONE


def _tape(word: str) -> "Source":
    """The tape's source; SourceError for anything else."""
    from kbview.sources.request import Choice
    from kbview.sources.resolve import resolve
    from kbview.tape.source import SourceError

    source = resolve(word, Choice(), pipe() if word == "-" else None)
    if source.tape is None:
        source.close()
        raise SourceError(f"{word}: not a tape; `kbview record {word} -o FILE.kbt` makes one", 2)
    while not source.ended:
        source.pump(source.tape, 1 << 62)
    return source


def _write(name: str, source: "Source", put: Callable[[bytes], None]) -> None:
    from kbview.cli.exports import EXPORTS

    tape = source.tape
    assert tape is not None
    waiting = bytearray()
    for piece in EXPORTS[name].pieces(tape.read(tape.start)):
        waiting += piece
        if len(waiting) >= _PIECE:
            put(bytes(waiting))
            waiting.clear()
    put(bytes(waiting))


def _picture(arguments: argparse.Namespace, source: "Source") -> bytes:
    from kbview.tape.source import SourceError
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
