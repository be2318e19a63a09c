"""One line on stderr, and the exit codes of docs/command-line.md."""

import os
import shlex
import sys
from pathlib import Path

from kbview.cli.paper import tell
from kbview.ui.characters import clean

DONE, FAILED, USAGE, UNREADABLE, PERMISSION, UNSUPPORTED = range(6)
INTERRUPTED, PIPE_CLOSED = 130, 141
_ADVISED = "sudo kbview"


def code_of(error: Exception, code: int) -> int:
    """The exit code of an error that asks for `code`; PERMISSION where a missing right is the cause."""
    cause: BaseException | None = error
    while cause is not None and code == UNREADABLE:
        code = PERMISSION if isinstance(cause, PermissionError) else code
        cause = cause.__cause__
    return code


def complain(message: str) -> None:
    """Print the fault, its place and the remedy."""
    tell(f"kbview: {clean(with_path(message))}")


def with_path(advice: str) -> str:
    """The text with an absolute command where it advises sudo, whose PATH may lack an environment."""
    return advice.replace(_ADVISED, f"sudo {command()}") if _ADVISED in advice else advice


def command() -> str:
    """The words that start this kbview from any folder: `./run` in full, or the installed program."""
    started_by = os.environ.get("KBVIEW_COMMAND", "")
    if started_by:
        return shlex.quote(started_by)
    program = Path(sys.argv[0])
    if program.name == "kbview" and program.is_file():
        return shlex.quote(str(program.absolute()))
    return f"{shlex.quote(sys.executable)} -m kbview"
