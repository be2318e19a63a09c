"""Standard output and standard error for people: the gate that every printed text passes.

No other module of `cli/` may call `print`; ruff refuses it (T20).
"""

import sys
from typing import TextIO

from kbview.ui.characters import clean, to_ascii


def say(text: str = "", *, end: str = "\n") -> None:
    """Print on standard output; characters that would act on the terminal are shown as escapes."""
    _write(text, sys.stdout, end)


def tell(text: str) -> None:
    """Print on standard error, at once, by the same rule."""
    _write(text, sys.stderr, "\n")


def _write(text: str, stream: TextIO, end: str) -> None:
    lines = [clean(line) for line in text.split("\n")]
    try:
        "\n".join(lines).encode(stream.encoding or "utf-8", stream.errors or "strict")
    except UnicodeEncodeError:  # a locale without UTF-8
        lines = [to_ascii(line) for line in lines]
    print("\n".join(lines), end=end, file=stream, flush=stream is sys.stderr)
