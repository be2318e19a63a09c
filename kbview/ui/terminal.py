"""The abilities of the terminal, found before the app starts and without importing Textual."""

import os
import re
import sys
from collections.abc import Mapping

import msgspec

from kbview.ui.options import Options
from kbview.ui.theme import Theme

_LIGHT_BACKGROUNDS = {"7", "15"}
_COERCED = ("C.UTF-8", "C.utf8", "UTF-8")  # the locales that PEP 538 sets in place of C
_UTF8 = re.compile(r"utf-?8", re.IGNORECASE)
_THEMES: dict[str, tuple[Theme, ...]] = {
    "none": (Theme.MONO,),
    "16": (Theme.ANSI, Theme.MONO),
    "256": tuple(Theme),
}


class Look(msgspec.Struct, frozen=True):
    """The manner of drawing: the first theme, all themes of the terminal, the colours for rich, and
    whether in ASCII. `asks`: whether the terminal may be asked for its background."""

    theme: Theme
    themes: tuple[Theme, ...]
    color_system: str
    ascii: bool
    asks: bool = False


def served(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the screen is in a browser: `kbview serve` has started this process for a viewer."""
    return "TEXTUAL_DRIVER" in environ


def unsuitable(environ: Mapping[str, str] = os.environ) -> str | None:
    """None, or a sentence with the reason why no screen can open, and the remedy."""
    if served(environ):
        return None
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):  # Textual: stderr
        return "the screen needs a terminal, not redirected; `kbview run` prints a report instead"
    if environ.get("TERM", "dumb") in ("", "dumb", "unknown"):
        return "TERM says this terminal cannot place a cursor; `kbview run` prints a report instead"
    return None


def look(options: Options, environ: Mapping[str, str] = os.environ) -> Look:
    """The look that the options ask for, within the abilities that the environment names."""
    color = _color(options, environ)
    theme = _theme(options, color, environ)
    return Look(
        theme=theme,
        themes=_THEMES[color],
        color_system="256" if color == "256" else "standard",
        ascii=options.ascii or not _speaks_utf8(environ),
        asks=options.theme == "auto" and color == "256" and _may_be_asked(environ),
    )


def _color(options: Options, environ: Mapping[str, str]) -> str:
    if options.color != "auto":
        return options.color
    if environ.get("NO_COLOR"):
        return "none"
    many = "256" in environ.get("TERM", "") or environ.get("COLORTERM") in ("truecolor", "24bit")
    return "256" if many else "16"


def _theme(options: Options, color: str, environ: Mapping[str, str]) -> Theme:
    themes = _THEMES[color]
    if options.theme != "auto":
        asked = Theme(options.theme)
        return asked if asked in themes else themes[0]
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    light = background in _LIGHT_BACKGROUNDS and Theme.LIGHT in themes
    return Theme.LIGHT if light else themes[0]


def _may_be_asked(environ: Mapping[str, str]) -> bool:
    """Whether the background is unknown, and the terminal is none that would print the query OSC 11."""
    return not environ.get("COLORFGBG") and not environ.get("TERM", "").startswith(("linux", "vt"))


def _speaks_utf8(environ: Mapping[str, str]) -> bool:
    """Whether the locale is a UTF-8 one, or none is named.

    Python itself uses UTF-8 in the C locale (PEP 538 and 540): its encoding says nothing, and LC_CTYPE
    may be its own doing.
    """
    if environ.get("TERM") == "linux":  # the console's font lacks most of our characters
        return False
    coerced = sys.flags.utf8_mode and environ.get("LC_CTYPE") in _COERCED
    names = ("LC_ALL", "LANG") if coerced else ("LC_ALL", "LC_CTYPE", "LANG")
    named = next(filter(None, (environ.get(name) for name in names)), "")
    return not named or _UTF8.search(named) is not None
