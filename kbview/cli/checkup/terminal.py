"""The terminal: whether the screen fits in, and how it will look."""

import locale
import os
import sys

from kbview.cli.checkup.finding import Finding
from kbview.ui.layout import LEAST
from kbview.ui.options import Options
from kbview.ui.row import Size
from kbview.ui.terminal import look, unsuitable

_USUAL = Size(80, 24)


def findings() -> list[Finding]:
    """All about it."""
    return [_screen(), _size(), _type(), _locale(), _colours(), *_session()]


def _screen() -> Finding:
    reason = unsuitable()
    if reason is None:
        return Finding("screen", True, "input and output are a terminal")
    said, _, instead = reason.partition("; ")
    return Finding("screen", False, said, instead.partition("`")[2].partition("`")[0])


def _size() -> Finding:
    try:
        size = Size(*os.get_terminal_size(sys.stdout.fileno()))
    except (OSError, ValueError):
        return Finding("size", None, "unknown: the output is no terminal")
    said = f"{size.width}x{size.height} cells"
    if size.width < LEAST.width or size.height < LEAST.height:
        said += f"; the screen needs {LEAST.width}x{LEAST.height}"
        return Finding("size", False, said, f"resize -s {_USUAL.height} {_USUAL.width}")
    if size.width < _USUAL.width or size.height < _USUAL.height:
        return Finding("size", True, f"{said}; from {_USUAL.width}x{_USUAL.height} on all panels show")
    return Finding("size", True, said)


def _type() -> Finding:
    term = os.environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        return Finding("TERM", False, f"{term or 'not set'}", "export TERM=xterm-256color")
    return Finding("TERM", True, term)


def _locale() -> Finding:
    name = locale.getpreferredencoding(do_setlocale=False)
    if look(Options()).ascii:
        said = f"{name}: lines and bars are drawn in ASCII"
        return Finding("locale", False, said, "export LC_ALL=C.UTF-8")
    return Finding("locale", True, name)


def _colours() -> Finding:
    if os.environ.get("NO_COLOR"):
        return Finding("colours", True, "none, as NO_COLOR asks")
    if look(Options()).color_system == "256":
        return Finding("colours", True, "256 or more")
    return Finding("colours", True, "16; with 256 they tell more apart", "export COLORTERM=truecolor")


def _session() -> list[Finding]:
    """What stands between us and the eye."""
    found = []
    if os.environ.get("TMUX") or os.environ.get("STY"):
        found.append(Finding("multiplexer", None, "tmux" if os.environ.get("TMUX") else "screen"))
    if os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"):
        said = "over SSH; on a slow line use ssh -C, or --low-bandwidth"
        found.append(Finding("connection", None, said))
    return found
