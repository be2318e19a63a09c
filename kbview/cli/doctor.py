"""`kbview doctor`: what this machine and terminal allow, and the command that would allow more."""

import argparse
import json

from kbview.cli.command import Command
from kbview.cli.errors import DONE, with_path
from kbview.cli.paper import say
from kbview.ui.characters import clean

_MARKS = {True: "yes", False: "no", None: "-"}


class Doctor(Command):
    """A line a finding; it tries things, and leaves nothing behind."""

    name = "doctor"
    summary = "what this machine and terminal allow"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the findings for programs")

    def run(self, arguments: argparse.Namespace) -> int:
        import msgspec

        from kbview.cli.checkup import CHECKS

        findings = [finding for check in CHECKS for finding in check()]
        if arguments.json:
            say(json.dumps(msgspec.to_builtins(findings), indent=2))
            return DONE
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            say(f"{_MARKS[finding.works]:>3}  {finding.name:<{width}}  {clean(finding.said)}")
            if finding.fix:
                say(f"{'':>{width + 7}}{clean(with_path(finding.fix))}")
        return DONE
