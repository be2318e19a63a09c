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
        self.add_screen(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        arguments.source = f"live:{arguments.source}"
        return super().run(arguments)
