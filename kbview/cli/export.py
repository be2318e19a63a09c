"""`kbview export TAPE --to FORMAT`: the records of a tape, for other programs."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from kbview.cli import headway, quantity
from kbview.cli.command import Command
from kbview.cli.drawing import DRAWN, drawn
from kbview.cli.errors import DONE
from kbview.cli.piped import stream_of
from kbview.sources.tapes.whole_file import WholeFile
from kbview.state.packet_choice import chosen_packets, records_of
from kbview.state.summary import Wanted, parse
from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.events import DatapathStarted
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.tape.source import Source

_PACKETS = "pcapng"
_SNAP = 512  # bytes of each packet of a scenario or capture
_NEVER_PS = 1 << 62
FORMATS = ("csv", "jsonl", "chrome", _PACKETS, *DRAWN)
_PIECE = 1 << 16


class ExportCommand(Command):
    """What a source tells in, a file or a pipe out."""

    name = "export"
    summary = (
        "a tape, a capture or a scenario as CSV, JSON lines, Chrome trace, pcapng, picture or cast"
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("source", metavar="SOURCE", help="a tape, a capture, a scenario, or - for a pipe")
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
        add("--datapath", metavar="NAME", help="of a capture or a scenario (default: the scenario's)")
        add(
            "--set",
            metavar="KEY=VALUE",
            dest="overrides",
            action="append",
            default=[],
            type=quantity.assignment,
            help="set a key of the scenario; may be repeated",
        )
        add("--filter", metavar="WORDS", default="", help="only these packets, as for tcpdump")
        add("--screen", metavar="NAME", default="overview", help="svg, cast: overview, journey, ...")
        add("--size", metavar="WxH", default="80x24", help="svg, cast: cells of the terminal")
        add("--at", metavar="TIME", type=quantity.duration_ps, help="svg: default: the tape's end")

    def run(self, arguments: argparse.Namespace) -> int:
        inputs = (arguments.source,)
        wanted = _wanted(arguments)
        source = _told(arguments)
        with closing(source):
            picture = drawn(arguments, source) if arguments.to in DRAWN else b""
            with WholeFile(arguments.output, force=arguments.force, inputs=inputs) as output:
                if picture:
                    output.write(picture)
                else:
                    _write(arguments, source, output.write, wanted)
        return DONE


def _told(arguments: argparse.Namespace) -> "Source":
    """The source with all that is exported on its tape; SourceError for a live one."""
    from kbview.sources.request import Choice
    from kbview.sources.resolve import resolve

    word = arguments.source
    asked = Choice(
        datapath=arguments.datapath,
        overrides=tuple(arguments.overrides),
        snap=_SNAP if arguments.to == _PACKETS or arguments.filter else 0,
        kept=True,
    )
    source = resolve(word, asked, stream_of(word))
    try:
        _pump(source, word, _NEVER_PS if arguments.until is None else arguments.until)
    except (SourceError, KeyboardInterrupt):
        source.close()
        raise
    return source


def _pump(source: "Source", word: str, until_ps: int) -> None:
    tape = source.tape
    if source.capabilities.live or tape is None:
        raise SourceError(f"{word}: is live; `kbview record {word} -o FILE.kbt` makes a tape of it", 2)
    source.set_detail(Detail.STEPS)
    before = tape.start
    with headway.shown(source.heading.name, partial(source.share, until_ps)):
        while not source.ended and source.pump(tape, until_ps) < until_ps:
            pass
    if tape.start > before:
        raise SourceError(f"{word}: too long to be kept; export less of it by --until TIME", 2)


def _wanted(arguments: argparse.Namespace) -> Wanted | None:
    """The test that --filter stands for; None without one."""
    if not arguments.filter.strip():
        return None
    if arguments.to in DRAWN:
        raise SourceError(f"--filter chooses rows and packets; it is not for {arguments.to}", 2)
    wanted = parse(arguments.filter)
    if isinstance(wanted, str):
        raise SourceError(wanted, 2)
    return wanted


def _write(
    arguments: argparse.Namespace,
    source: "Source",
    put: Callable[[bytes], None],
    wanted: Wanted | None,
) -> None:
    from kbview.cli.exports import EXPORTS

    tape = source.tape
    assert tape is not None
    begin_ps, end_ps = arguments.since or 0, arguments.until
    records = _within(tape.read(tape.start), begin_ps, end_ps)
    if wanted is not None:
        packets = chosen_packets(tape.read(tape.start), wanted)
        records = records_of(packets, records)
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
