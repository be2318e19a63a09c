"""`kbview`: finds the command, runs it, and turns every fault into one line and an exit code."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from kbview.cli.command import Command
from kbview.cli.errors import (
    DONE,
    FAILED,
    INTERRUPTED,
    PERMISSION,
    PIPE_CLOSED,
    UNREADABLE,
    USAGE,
    code_of,
    complain,
)
from kbview.cli.paper import say
from kbview.cli.version import version
from kbview.pure import is_of_compiled, leave_out_compiled

# A command's module and class; only the one that is asked for is imported.
COMMANDS: dict[str, tuple[str, str]] = {
    "live": ("kbview.cli.live", "LiveApp"),
    "lab": ("kbview.cli.lab", "LabApp"),
    "run": ("kbview.cli.run", "Run"),
    "record": ("kbview.cli.record", "Record"),
    "export": ("kbview.cli.export", "ExportCommand"),
    "compare": ("kbview.cli.compare", "Compare"),
    "sweep": ("kbview.cli.sweep", "SweepCommand"),
    "find": ("kbview.cli.find", "Find"),
    "lessons": ("kbview.cli.lessons", "LessonsCommand"),
    "present": ("kbview.cli.present", "Present"),
    "follow": ("kbview.cli.follow", "Follow"),
    "validate": ("kbview.cli.validate", "Validate"),
    "calibrate": ("kbview.cli.calibrate", "Calibrate"),
    "doctor": ("kbview.cli.doctor", "Doctor"),
    "list": ("kbview.cli.listing", "List"),
    "config": ("kbview.cli.config", "Config"),
    "serve": ("kbview.cli.serve", "Serve"),
    "completion": ("kbview.cli.completion", "Completion"),
    "complete": ("kbview.cli.completion", "Complete"),
}
HIDDEN = frozenset({"complete"})  # for programs
APP = ("kbview.cli.app", "App")

EPILOG = """commands:
  kbview [SOURCE]        the screen; without SOURCE a demo
  kbview live IFACE      the screen, on an interface of this machine
  kbview lab             the screen, on real packets over a veth pair of its own
  kbview run SOURCE      headless, prints a report (--json for programs)
  kbview record SOURCE   writes a tape: -o FILE.kbt, or -o - into a pipe
  kbview export SOURCE   as CSV, JSON lines, Chrome trace, pcapng or a picture
  kbview compare SOURCE  datapaths side by side, with the differences in words
  kbview sweep SCENARIO  a scenario as its keys vary: table, CSV, JSON, plot
  kbview find SCENARIO   the loss-free rate, the knee, or where two datapaths cross
  kbview lessons         the lecture as lessons; `check` runs their claims
  kbview present         the screen, shown to all who `kbview follow` on this machine
  kbview follow          the screen of a presenter, and answers to its questions
  kbview validate        published results, emulated beside published
  kbview calibrate       measure this machine's costs into a profile
  kbview doctor          what this machine and terminal allow
  kbview list            scenarios, recordings, datapaths, profiles, settings
  kbview config          theme, colours, keys: the file with your preferences
  kbview serve [SOURCE]  the screen in a browser (needs textual-serve)
  kbview completion      completions of bash, zsh and fish

`kbview COMMAND --help` or `kbview help COMMAND` explains a command.

exit codes:
  0 done, 1 failed while running, 2 usage, 3 input unreadable or damaged,
  4 permission missing, 5 unsupported terminal or platform, 141 reader gone,
  129 / 130 / 131 / 143 ended by SIGHUP / Ctrl+C / SIGQUIT / SIGTERM
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        complain(f"{message}; see `{self.prog} --help`")
        raise SystemExit(USAGE)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    closed = sys.stdout is None  # as Python starts with `>&-`
    _open_streams()
    try:
        code = _either(_rewritten(words))
        sys.stdout.flush()  # else a reader that has gone is found out too late for an exit code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence()
        return PIPE_CLOSED
    except OSError as error:
        return _environment(error)
    except Exception as error:
        if os.environ.get("KBVIEW_DEBUG"):
            raise
        kind = f"{type(error).__name__}: {error}".partition("\n")[0]
        complain(
            f"a mistake in kbview itself: {kind}; please report it with the output of KBVIEW_DEBUG=1"
        )
        return FAILED
    if closed and code == DONE:
        complain("standard output is closed; nothing was printed")
        return FAILED
    return code


def _open_streams() -> None:
    """Give the standard streams that the caller has closed a file that swallows their output."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the end


def _environment(error: OSError) -> int:
    """A full disk, a closed descriptor, a missing right: the environment's fault, in one line."""
    if os.environ.get("KBVIEW_DEBUG"):
        raise error
    name = error.filename if isinstance(error.filename, str) else "standard output"
    complain(f"{name}: {error.strerror or error}")
    _silence()
    return PERMISSION if isinstance(error, PermissionError) else FAILED


def _silence() -> None:
    """Drop the buffered rest of standard output: the interpreter would fail on it as it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # a standard output without a descriptor has no rest
        return


def _rewritten(words: list[str]) -> list[str]:
    """`help` and `version` as words, and -V, in the form that the parser knows."""
    if words == ["help"]:
        return ["--help"]
    if words and words[0] == "help" and words[1] in COMMANDS:
        return [words[1], "--help"]
    if words in (["-V"], ["version"]):
        return ["--version"]
    return words


def _refuse_misspelt(words: list[str]) -> None:
    """Exit with a hint if the first word is close to a command and names nothing else."""
    if not words or words[0].startswith("-") or ":" in words[0]:
        return
    from difflib import get_close_matches

    close = get_close_matches(words[0], COMMANDS.keys() - HIDDEN, n=1, cutoff=0.7)
    if close and not os.path.lexists(words[0]):
        from kbview.sources.emulated.opener import bundled

        if words[0] not in bundled():
            complain(f"{Path(words[0]).name}: no such command; did you mean `kbview {close[0]}`?")
            raise SystemExit(USAGE)


def _either(words: list[str]) -> int:
    """Run the command; in pure Python where compiled modules cannot be loaded."""
    try:
        return _dispatch(words)
    except ImportError as error:
        if not is_of_compiled(error):
            raise
        complain(f"compiled modules cannot be loaded, so pure Python runs: {error}")
    leave_out_compiled()
    return _dispatch(words)


def _dispatch(words: list[str]) -> int:
    if words == ["--version"]:  # without a command's imports
        say(version())
        return DONE
    named = bool(words) and words[0] in COMMANDS
    if not named:
        _refuse_misspelt(words)
    name = words[0] if named else ""
    command = loaded(*COMMANDS.get(name, APP))
    parser = parser_of(name)
    arguments = parser.parse_args(words[1:] if named else words)
    from kbview.tape.source import SourceError

    try:
        return command.run(arguments)
    except SourceError as error:
        complain(str(error))
        return code_of(error, error.exit_code)
    except MemoryError:
        complain("out of memory; try a smaller --until")
        return UNREADABLE


DESCRIPTION = "Watch a packet travel from NIC to application, through the kernel and past it."


def parser_of(name: str) -> argparse.ArgumentParser:
    """The parser of a command; of the screen for ""."""
    command = loaded(*COMMANDS.get(name, APP))
    parser = _Parser(
        prog=f"kbview {command.name}" if name else "kbview",
        description=command.summary if name else DESCRIPTION,
        epilog=None if name else EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=version())
    command.add_arguments(parser)
    return parser


def loaded(module: str, name: str) -> Command:
    """The command of a row of COMMANDS."""
    command: Command = getattr(import_module(module), name)()
    return command
