"""One line on stderr, and the exit code that programs can rely on."""

import sys

from kbview.ui.characters import clean

DONE, FAILED, USAGE, UNREADABLE, PERMISSION, UNSUPPORTED = range(6)
INTERRUPTED, PIPE_CLOSED = 130, 141


def complain(message: str) -> None:
    """Say what, where and what to do."""
    print(f"kbview: {clean(message)}", file=sys.stderr)
