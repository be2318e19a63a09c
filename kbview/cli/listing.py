"""`kbview list`: scenarios, datapaths and profiles."""

import argparse

from kbview.cli.command import Command
from kbview.cli.errors import DONE


class List(Command):
    """What can be named on the command line."""

    name = "list"
    summary = "scenarios, datapaths, profiles"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        del parser

    def run(self, _arguments: argparse.Namespace) -> int:
        from kbview.emulator.datapaths import DATAPATHS
        from kbview.sources.emulated import profile
        from kbview.sources.emulated.scenario import scenarios

        groups = {
            "scenarios": {name: each.summary for name, each in scenarios().items()},
            "datapaths": {name: each.summary for name, each in DATAPATHS.items()},
            "profiles": {name: profile.load(name).summary for name in profile.names()},
        }
        for title, entries in groups.items():
            print(title)
            for name, summary in entries.items():
                print(f"  {name:<14} {summary}")
        return DONE
