"""What the terminal can show, decided before the app starts and without importing Textual."""

import codecs
import locale
import os
import sys
from collections.abc import Mapping

import msgspec

from kbview.ui.options import Options
from kbview.ui.theme import Theme

_LIGHT_BACKGROUNDS = {"7", "15"}
_THEMES: dict[str, tuple[Theme, ...]] = {
    "none": (Theme.MONO,),
    "16": (Theme.ANSI, Theme.MONO),
    "256": tuple(Theme),
}


class Look(msgspec.Struct, frozen=True):
    """How to draw: the theme to start with, those the terminal can show, the colours rich may use,
    and whether in ASCII."""

    theme: Theme
    themes: tuple[Theme, ...]
    color_system: str
    ascii: bool


def unsuitable(environ: Mapping[str, str] = os.environ) -> str | None:
    """None, or the one sentence that says why there can be no screen and what would help."""
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):  # Textual: stderr
        return "the screen needs a terminal, not redirected; `kbview run` prints a report instead"
    if environ.get("TERM", "dumb") in ("", "dumb", "unknown"):
        return "TERM says this terminal cannot place a cursor; `kbview run` prints a report instead"
    return None


def look(options: Options, environ: Mapping[str, str] = os.environ) -> Look:
    """What the options ask for, within what the environment says the terminal can do."""
    color = _color(options, environ)
    theme = _theme(options, color, environ)
    return Look(
        theme=theme,
        themes=_THEMES[color],
        color_system="256" if color == "256" else "standard",
        ascii=options.ascii or not _speaks_utf8(),
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


def _speaks_utf8() -> bool:
    try:
        return codecs.lookup(locale.getpreferredencoding(do_setlocale=False)).name == "utf-8"
    except LookupError:
        return False
