"""`kbview lab`: the screen, on real traffic between two namespaces of our own."""

import argparse

from kbview.cli import options
from kbview.cli.app import App
from kbview.cli.errors import USAGE, complain


class LabApp(App):
    """The app on the source `lab`."""

    name = "lab"
    summary = "the screen, on real packets over a veth pair of its own and real receivers; needs root"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        options.add_source(parser, optional=True, word=("", argparse.SUPPRESS))
        parser.add_argument("--burst", metavar="N", help="frames back to back (default 1)")
        self.add_screen(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        if arguments.source is not None:
            complain(f"lab takes no SOURCE, and {arguments.source!r} is one; see `kbview lab --help`")
            return USAGE
        arguments.source = "lab"
        if arguments.burst is not None:
            arguments.overrides.append(("traffic.burst", arguments.burst))
        return super().run(arguments)
