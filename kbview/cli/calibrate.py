"""`kbview calibrate`: measure this machine's costs into a profile that the emulator then uses."""

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.cli.command import Command
from kbview.cli.errors import DONE, FAILED, complain
from kbview.cli.paper import say, tell

if TYPE_CHECKING:
    from kbview.emulator.cost import Calibration
    from kbview.sources.calibration.method import Findings, MeasuredCost

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
_BASE = "xdp18"


class Calibrate(Command):
    """Takes some ten seconds; what it cannot measure is taken from another profile, and says so."""

    name = "calibrate"
    summary = "measure this machine's costs into a profile"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("profile", metavar="NAME", nargs="?", default="here", help="of the profile (default: here)")
        add("--base", metavar="PROFILE", default=_BASE, help=f"for the rest (default {_BASE})")
        add("-o", "--output", metavar="FILE", help="write there instead, - for standard output")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.sources.calibration import machine, writing
        from kbview.sources.emulated import profile

        target = _target(arguments)
        base = profile.load(arguments.base)
        findings = _measure(base)
        made = writing.profile(arguments.profile, base, machine.this_machine(), findings)
        if not made.steps:
            complain("nothing could be measured here; no profile was written")
            return FAILED
        text = writing.toml(made)
        if target is None:
            say(text, end="")
            return DONE
        _write(target, text)
        say(f"\n{len(made.steps)} steps measured, the others as in {base.name}: {target}")
        named = arguments.profile if arguments.output is None else target
        say(f"kbview run paced-udp --profile {named}")
        return DONE


def _target(arguments: argparse.Namespace) -> Path | None:
    """Where to write; None is standard output. SourceError for a name that cannot be."""
    from kbview.sources.emulated import profile
    from kbview.tape.source import SourceError

    if arguments.output is not None:
        return None if arguments.output == "-" else Path(arguments.output)
    if not _NAME.fullmatch(arguments.profile) or arguments.profile in profile.bundled():
        raise SourceError(f"{arguments.profile!r} cannot be the name of a profile of yours", 2)
    return profile.folder() / f"{arguments.profile}.toml"


def _measure(base: "Calibration") -> "Findings":
    """Everything that can be done here, told as it comes."""
    from kbview.sources.calibration.methods import METHODS
    from kbview.tape.source import SourceError

    found: Findings = {}
    for number, method in enumerate(METHODS, 1):
        tell(
            f"{number} of {len(METHODS)}: {method.name}"
        )  # a bar's thread would disturb the experiment
        try:
            findings = method.measure(base, found)
        except (OSError, SourceError) as error:
            tell(f"{method.name}: {error}; {', '.join(method.steps)} as in {base.name}")
            continue
        found |= findings
        for step, finding in findings.items():
            tell(_told(step, finding))
    return found


def _told(step: str, finding: "MeasuredCost") -> str:
    unit, spread = ("ns", finding.ns) if finding.ns else ("ns a byte", finding.ns_per_byte)
    assert spread is not None
    digits = 1 if finding.ns else 4
    half = f"half between {spread.low:,.{digits}f} and {spread.high:,.{digits}f}"
    if not finding.credible:
        return f"{step}: refused, {half} {unit}: that is no cost ({finding.how}); as in the base"
    sure = 50 * (spread.high - spread.low) / spread.median
    return f"{step}: {spread.median:,.{digits}f} {unit} within {sure:.0f} %, {half}"


def _write(target: Path, text: str) -> None:
    from kbview.sources.tapes.whole_file import WholeFile
    from kbview.tape.source import SourceError

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SourceError(f"{target}: cannot be written: {error.strerror}", 1) from error
    with WholeFile(str(target), force=True) as output:
        output.write(text.encode())
