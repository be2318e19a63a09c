"""`kbview config`: the preferences in force and their origin, the file's path, a template, the keys."""

import argparse
import os

from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.paper import say

_ACTIONS = ("show", "path", "template", "keys")


class Config(Command):
    """Prints; the file is written by its owner."""

    name = "config"
    summary = "preferences: theme, colours, frames a second, ASCII, keys"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "action",
            nargs="?",
            default="show",
            choices=_ACTIONS,
            metavar="ACTION",
            help="show (also checks the file), path, template (a file to begin with) or keys",
        )

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli import preferences

        if arguments.action == "path":
            say(str(preferences.place()))
        elif arguments.action == "template":
            say(preferences.TEMPLATE, end="")
        elif arguments.action == "keys":
            _print_keys()
        else:
            _show(arguments)
        return DONE


def _show(arguments: argparse.Namespace) -> None:
    from kbview.cli import preferences
    from kbview.ui import keys
    from kbview.ui.options import Options

    found = preferences.read()
    keys.remapped(found.keys)
    path = preferences.place()
    say(f"{path}{'' if path.is_file() else ' (is not there)'}")
    for name in preferences.NAMES:
        value, origin = preferences.chosen_by(name, arguments, found, os.environ)
        value = getattr(Options(), name) if value is None else value
        say(f"  {name:<14} {str(value).lower():<8} {origin}")
    if wanted := preferences.usual_filter(os.environ):
        say(f"  {'filter':<14} {wanted}")
    for name, spelt in found.keys.items():
        say(f"  {name:<14} {spelt:<8} config.toml, [keys]")


def _print_keys() -> None:
    """The commands that can have other keys, with the keys in force."""
    from kbview.cli import preferences
    from kbview.ui import keys

    for key in keys.remapped(preferences.read().keys):
        say(f"  {key.id:<15} {key.shown:<9} {key.view or 'everywhere':<11} {key.meaning}"[:79])
