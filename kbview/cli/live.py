"""`kbview live IFACE`: the screen, on the packets that an interface of this machine receives."""

import argparse

from kbview.cli import options
from kbview.cli.app import App


class LiveApp(App):
    """The app on the source `live:IFACE`."""

    name = "live"
    summary = "the screen, on an interface of this machine; read-only"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        options.add_source(parser, optional=False, word=("IFACE", "its name, such as eth0 or lo"))
        parser.add_argument(
            "--trace",
            action="store_true",
            help="by the kernel's tracepoints as well: more is known, at some 0.1 ms of CPU a packet",
        )
        self.add_screen(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        arguments.source = f"live:{arguments.source}"
        if arguments.trace:
            arguments.overrides.append(("trace", "on"))
        return super().run(arguments)
