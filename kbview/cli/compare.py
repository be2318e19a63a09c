"""`kbview compare SOURCE`: datapaths side by side on the same traffic, and the differences."""

import argparse
import json
from textwrap import fill
from typing import TYPE_CHECKING

from kbview.cli import options
from kbview.cli.command import Command
from kbview.cli.ending import Ending
from kbview.cli.errors import DONE
from kbview.cli.paper import say
from kbview.cli.piped import stream_of
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.state.report import Report
    from kbview.tape.source import Source

FIRST = "kernel"
DEFAULT = f"{FIRST},dpdk"
DEFAULT_LAB = "kernel,af_xdp"  # what every machine has; emulated is beside measured
_WIDTH = 80
_ALONE = "{}: the tape holds {} alone; name a second tape to compare it with"


class Compare(Command):
    """The other datapaths are compared with the first. Tapes are compared as they are."""

    name = "compare"
    summary = "datapaths side by side on the same traffic, with the differences in words"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        options.add_source(parser, optional=False)
        add = parser.add_argument
        add("others", metavar="TAPE", nargs="*", help="tapes to compare with a first tape")
        add(
            "--datapath",
            metavar="A,B",
            help=f"datapaths, separated by commas, or all (default: {DEFAULT}; of TCP, {FIRST} beside "
            "the first other datapath with a TCP of its own)",
        )
        add("--json", action="store_true", help="reports and differences for programs")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli import beside, report_text
        from kbview.cli.together import run_together
        from kbview.sources.resolve import datapaths

        code = DONE
        if arguments.source == beside.LAB:
            named = datapaths(arguments.datapath or DEFAULT_LAB, beside.LAB)
            reports = beside.reports(arguments, named)
        else:
            until = arguments.until[0] if arguments.until else None
            with Ending() as ending:
                reports = told_apart(run_together(_sources(arguments), until, ending))
                code = ending.code
            if len(reports) == 1 and not arguments.others and arguments.datapath is None:
                raise SourceError(_ALONE.format(arguments.source, reports[0].datapath), 2)
        if arguments.json:
            say(json.dumps(_object(reports), indent=2))
            return code
        report_text.print_table(reports)
        _print_words(reports)
        return code


def told_apart(reports: "list[Report]") -> "list[Report]":
    """The reports; a datapath that several sources have is named with its source."""
    sources: dict[str, set[str]] = {}
    for report in reports:
        sources.setdefault(report.datapath, set()).add(report.source)
    for report in reports:
        if len(sources[report.datapath]) > 1:
            report.datapath += f" {report.source}"
    return reports


def _sources(arguments: argparse.Namespace) -> "list[Source]":
    """A source for each datapath, or for each tape with its own datapath."""
    from kbview.cli.choice import choice
    from kbview.sources.resolve import datapaths, is_tape, resolve, resolve_all

    words = [arguments.source, *arguments.others]
    if len(words) > 1 or (arguments.datapath is None and is_tape(words[0])):
        if words.count("-") > 1:
            raise SourceError("standard input is one stream; name - once", 2)
        return [resolve(word, choice(arguments, None), stream_of(word)) for word in words]
    named = arguments.datapath or _usual(arguments)
    names = datapaths(named, arguments.source)
    stream = stream_of(arguments.source)
    choices = [choice(arguments, name, if_able=named == "all") for name in names]
    return resolve_all(arguments.source, choices, stream)


def _usual(arguments: argparse.Namespace) -> str:
    """The datapaths that are compared unless others are named; a pipe cannot be looked into."""
    from kbview.cli.choice import choice
    from kbview.sources.resolve import is_pipe, resolve
    from kbview.state.compare_run import first_beside

    if is_pipe(arguments.source):
        return DEFAULT
    source = resolve(arguments.source, choice(arguments, FIRST))
    source.close()
    if not source.heading.tcp:
        return DEFAULT
    return ",".join([FIRST, *first_beside(source.choices(), FIRST, tcp=True)[:1]])


def _object(reports: "list[Report]") -> dict[str, object]:
    import msgspec

    from kbview.state.compare_words import contrast
    from kbview.state.report import VERSION

    base, *others = reports
    return {
        "version": VERSION,
        "reports": msgspec.to_builtins(reports),
        "differences": [
            {"base": base.datapath, "other": other.datapath, "words": contrast(base, other)}
            for other in others
        ],
    }


def _print_words(reports: "list[Report]") -> None:
    from kbview.state.compare_words import contrast

    base, *others = reports
    for other in others:
        say(f"\n{base.datapath} and {other.datapath}")
        for sentence in contrast(base, other):
            text = fill(
                sentence,
                _WIDTH,
                initial_indent="  - ",
                subsequent_indent="    ",
                break_on_hyphens=False,
            )
            say(text)
