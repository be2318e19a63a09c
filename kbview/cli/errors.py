"""One line on stderr, and the exit code that programs can rely on.

0    done
1    failed while running, also: standard output cannot be written
2    usage or configuration
3    an input cannot be read, or is damaged
4    a permission is missing
5    the terminal or the platform is not supported
129, 130, 143    ended by SIGHUP, SIGINT (Ctrl+C), SIGTERM
141  the reader of the output has gone
"""

import os
import shlex
import sys
from pathlib import Path

from kbview.cli.paper import tell
from kbview.ui.characters import clean

DONE, FAILED, USAGE, UNREADABLE, PERMISSION, UNSUPPORTED = range(6)
INTERRUPTED, PIPE_CLOSED = 130, 141
_ADVISED = "sudo kbview"


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
