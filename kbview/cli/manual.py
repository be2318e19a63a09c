"""The manual page kbview(1), written from the commands' declarations."""

import argparse
import inspect
from collections.abc import Iterator

from kbview.cli.main import COMMANDS, DESCRIPTION, EPILOG, HIDDEN, loaded, parser_of

_ENVIRONMENT = (
    ("KBVIEW_THEME, KBVIEW_COLOR, KBVIEW_FPS, KBVIEW_ASCII, KBVIEW_LOW_BANDWIDTH",
     "as the flags of these names; a flag comes first, then the variable, then the config file"),
    ("KBVIEW_DEBUG", "set to 1, a mistake of the program prints a traceback"),
    ("NO_COLOR", "no colours"),
    ("COLORFGBG", "names the terminal's background; without it the terminal is asked"),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME",
     "the folders of config.toml, of calibrated profiles, of recent files, and of finished points"),
)  # fmt: skip


def page() -> str:
    """The page as roff text."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield '.\\" written by scripts/reference.py from the declarations in kbview/cli'
    yield ".TH KBVIEW 1"
    yield ".SH NAME"
    yield f"kbview \\- {_text(DESCRIPTION[0].lower() + DESCRIPTION[1:].rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield "\\fBkbview\\fR [\\fISOURCE\\fR] [\\fIOPTIONS\\fR]"
    yield ".br"
    yield "\\fBkbview\\fR \\fICOMMAND\\fR [\\fIWORDS\\fR] [\\fIOPTIONS\\fR]"
    yield ".SH OPTIONS OF THE SCREEN"
    yield from _options("")
    yield ".SH COMMANDS"
    for name in COMMANDS:
        if name not in HIDDEN:
            yield f".SS kbview {name}"
            yield _text(loaded(*COMMANDS[name]).summary)
            yield from _options(name)
    yield ".SH EXIT STATUS"
    yield from (_text(line.strip()) for line in EPILOG.partition("exit codes:\n")[2].splitlines())
    yield ".SH ENVIRONMENT"
    for variable, meaning in _ENVIRONMENT:
        yield from (".TP", f"\\fB{_text(variable)}\\fR", _text(meaning))


def _options(name: str) -> Iterator[str]:
    parser = parser_of(name)
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction | argparse._VersionAction):
            continue
        yield ".TP"
        yield f"\\fB{_text(_head(action))}\\fR"
        yield _text(_help(action))


def _head(action: argparse.Action) -> str:
    metavar = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    )
    value = f" {metavar or action.dest.upper()}" if action.nargs != 0 else ""
    return ", ".join(action.option_strings) + value if action.option_strings else value.strip()


def _help(action: argparse.Action) -> str:
    return inspect.cleandoc(action.help or "") % vars(action)


def _text(text: str) -> str:
    """Plain text as roff: no line begins a request, a minus is a minus."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped.startswith((".", "'")) else escaped
