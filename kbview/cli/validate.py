"""`kbview validate`: the published tables, emulated beside published."""

import argparse
import time
from typing import TYPE_CHECKING

from kbview.cli import measuring
from kbview.cli.command import Command
from kbview.cli.errors import DONE, FAILED
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.validation.target import Target


class Validate(Command):
    """Exit code 1 when a point lies outside its tolerance without a reason, or inside with a reason."""

    name = "validate"
    summary = "published results, emulated beside published"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("targets", metavar="TARGET", nargs="*", help="such as T7; all of them without")
        add("--json", action="store_true", help="every point, for programs")
        add("--plot", action="store_true", help="draw each curve")
        add("--list", action="store_true", help="name the targets, and what is left out and why")
        measuring.add_flags(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli import validate_text as text
        from kbview.validation.campaign import CampaignError, run

        chosen = _chosen(arguments.targets)
        if arguments.list:
            text.print_list(chosen)
            return DONE
        began_s = time.monotonic()
        able = [target for target in chosen if not target.omitted]
        try:
            with measuring.runner(arguments) as runner:
                rows = run(able, runner)
        except CampaignError as error:
            raise SourceError(str(error), 2) from error
        if arguments.json:
            text.print_json(chosen, rows)
        else:
            text.print_tables(chosen, rows, plot=arguments.plot, took_s=time.monotonic() - began_s)
        return DONE if all(row.expected for row in rows) else FAILED


def _chosen(names: list[str]) -> "list[Target]":
    from kbview.validation.target import targets

    known = {target.id: target for target in targets()}
    wanted = [name.upper() for name in names]
    for name in wanted:
        if name not in known:
            raise SourceError(f"target {name} is unknown; use {', '.join(known)}", 2)
    return [known[name] for name in wanted or known]
