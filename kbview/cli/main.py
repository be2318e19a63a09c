"""`kbview`: finds the command, runs it, and turns what goes wrong into one line and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from kbview import __version__
from kbview.cli.command import Command
from kbview.cli.errors import FAILED, INTERRUPTED, PIPE_CLOSED, UNREADABLE, USAGE, complain

# A command's module and class; only the one that is asked for is imported.
COMMANDS: dict[str, tuple[str, str]] = {
    "live": ("kbview.cli.live", "LiveApp"),
    "lab": ("kbview.cli.lab", "LabApp"),
    "run": ("kbview.cli.run", "Run"),
    "record": ("kbview.cli.record", "Record"),
    "export": ("kbview.cli.export", "ExportCommand"),
    "compare": ("kbview.cli.compare", "Compare"),
    "validate": ("kbview.cli.validate", "Validate"),
    "calibrate": ("kbview.cli.calibrate", "Calibrate"),
    "doctor": ("kbview.cli.doctor", "Doctor"),
    "list": ("kbview.cli.listing", "List"),
}
APP = ("kbview.cli.app", "App")

EPILOG = """commands:
  kbview [SOURCE]        the screen; without SOURCE a bundled recording
  kbview live IFACE      the screen, on an interface of this machine
  kbview lab             the screen, on real packets over a veth pair of its own
  kbview run SOURCE      headless, prints a report (--json for programs)
  kbview record SOURCE   writes a tape: -o FILE.kbt, or -o - into a pipe
  kbview export TAPE     as CSV, JSON lines, Chrome trace, pcapng or a picture
  kbview compare SOURCE  datapaths side by side, with the differences in words
  kbview validate        published results, emulated beside published
  kbview calibrate       measure this machine's costs into a profile
  kbview doctor          what this machine and terminal allow
  kbview list            scenarios, datapaths, profiles

`kbview COMMAND --help` tells more.
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        complain(f"{message}; see `{self.prog} --help`")
        raise SystemExit(USAGE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        code = _dispatch(words)
        sys.stdout.flush()  # else a reader that has gone is found out too late for an exit code
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        if os.environ.get("KBVIEW_DEBUG"):
            raise
        what = f"{type(error).__name__}: {error}".partition("\n")[0]
        complain(f"a mistake in kbview itself: {what}; please report it with what KBVIEW_DEBUG=1 shows")
        return FAILED


def _dispatch(words: list[str]) -> int:
    named = bool(words) and words[0] in COMMANDS
    command = _load(*(COMMANDS[words[0]] if named else APP))
    parser = _Parser(
        prog=f"kbview {command.name}" if named else "kbview",
        description=command.summary if named else DESCRIPTION,
        epilog=None if named else EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"kbview {__version__}")
    command.add_arguments(parser)
    arguments = parser.parse_args(words[1:] if named else words)
    from kbview.tape.source import SourceError

    try:
        return command.run(arguments)
    except SourceError as error:
        complain(str(error))
        return error.exit_code
    except MemoryError:
        complain("out of memory; try a smaller --until")
        return UNREADABLE


DESCRIPTION = "Watch a packet travel from the NIC to the application, through the kernel and past it."


def _load(module: str, name: str) -> Command:
    command: Command = getattr(import_module(module), name)()
    return command
