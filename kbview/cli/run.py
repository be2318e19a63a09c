"""`kbview run SOURCE`: headless, prints a report for each datapath."""

import argparse
import sys
from io import BufferedReader, RawIOBase
from typing import cast

from kbview.cli import options, privilege
from kbview.cli.command import Command
from kbview.cli.ending import Ending
from kbview.tape.source import SourceError


def pipe() -> BufferedReader:
    """Standard input, with first bytes that can be looked at; SourceError if it is closed."""
    if sys.stdin is None:  # as Python starts with `<&-`
        raise SourceError("standard input is closed; nothing can be read from -", 3)
    return BufferedReader(cast(RawIOBase, sys.stdin.buffer))


class Run(Command):
    """All datapaths see the same frames."""

    name = "run"
    summary = "headless; prints a report"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        options.add_source(parser, optional=False)
        parser.add_argument(
            "--datapath",
            metavar="A,B",
            help="datapaths, separated by commas, or all (default: the scenario's, or kernel)",
        )
        forms = parser.add_mutually_exclusive_group()
        forms.add_argument(
            "--format",
            choices=("table", "json", "csv", "markdown"),
            default="table",
            help="of the report (default: table)",
        )
        forms.add_argument(
            "--json", action="store_const", dest="format", const="json", help="--format json"
        )

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli.choice import choice
        from kbview.cli.report_formats import FORMATS
        from kbview.cli.together import run_together
        from kbview.sources.resolve import datapaths, resolve_all

        named = arguments.datapath
        names = datapaths(named, arguments.source) if named else [None]
        choices = [choice(arguments, name, if_able=named == "all") for name in names]
        stream = pipe() if arguments.source == "-" else None
        sources = resolve_all(arguments.source, choices, stream)
        for source in sources:
            privilege.drop(source, arguments.user)
        with Ending() as ending:
            until_ps = arguments.until[0] if arguments.until else None
            reports = run_together(sources, until_ps, ending)
            FORMATS[arguments.format](reports)
        return ending.code
