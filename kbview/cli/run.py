"""`kbview run SOURCE`: headless, prints a report for each datapath."""

import argparse

from kbview.cli import options, privilege
from kbview.cli.command import Command
from kbview.cli.ending import Ending
from kbview.cli.piped import stream_of


class Run(Command):
    """All datapaths get the same traffic."""

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
        stream = stream_of(arguments.source)
        sources = resolve_all(arguments.source, choices, stream)
        for source in sources:
            privilege.drop(source, arguments.user)
        with Ending() as ending:
            until_ps = arguments.until[0] if arguments.until else None
            reports = run_together(sources, until_ps, ending)
            FORMATS[arguments.format](reports)
        return ending.code
