"""The viewer's preferences: a flag, else KBVIEW_NAME in the environment, else the config file.

The file is config.toml in the user's configuration folder (XDG_CONFIG_HOME/kbview, ~/.config/kbview).
"""

import argparse
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from kbview.emulator.wrong_value import sentence
from kbview.packet.filter.filter_error import FilterError
from kbview.packet.filter.filter_parser import parse_filter
from kbview.tape.source import SourceError
from kbview.ui.options import Color, Options, ThemeName

_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
_LONGEST_FPS = 3  # digits
NAMES = ("theme", "color", "fps", "ascii", "low_bandwidth")
TEMPLATE = """\
# kbview's preferences. A flag, or KBVIEW_THEME, KBVIEW_FPS ... in the environment, comes first.

# theme = "auto"            # auto, dark, light, ansi, mono
# color = "auto"            # auto, none, 16, 256
# fps = 10                  # frames a second, 1 to 60
# ascii = false             # no characters beyond ASCII
# low_bandwidth = false     # fewer frames, for slow lines
# filter = "not port 22"    # packets of live: and trace: without a --filter

# [keys]                    # `kbview config keys` lists the commands
# play = "p"
# step = "x, ."
"""


class Preferences(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The config file. None: the file says nothing about it."""

    theme: ThemeName | None = None
    color: Color | None = None
    fps: int | None = None
    ascii: bool | None = None
    low_bandwidth: bool | None = None
    filter: str | None = None
    keys: dict[str, str] = {}


def place() -> Path:
    """The path of the config file, whether it is there or not."""
    return platformdirs.user_config_path("kbview") / "config.toml"


def read() -> Preferences:
    """The config file; empty preferences if there is none. Errors: SourceError with one line."""
    from kbview.sources.emulated.toml_text import read_toml

    try:
        path = place()
        if not path.is_file():
            return Preferences()
    except (OSError, RuntimeError):  # no home, or a folder that nobody may look into
        return Preferences()
    text = read_toml(str(path))
    try:
        return msgspec.convert(tomllib.loads(text), Preferences)
    except msgspec.ValidationError as error:
        raise SourceError(f"{path}: {sentence(error)}; see `kbview config template`", 2) from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{path}: {error}; see `kbview config template`", 2) from error
    except RecursionError as error:
        raise SourceError(f"{path}: nested too deeply", 2) from error


def options(
    arguments: argparse.Namespace, preferences: Preferences, environ: Mapping[str, str] = os.environ
) -> Options:
    """The options of the screen. Errors: SourceError for a value in the environment that cannot be."""
    chosen: dict[str, Any] = {}
    for name in NAMES:
        value, _ = chosen_by(name, arguments, preferences, environ)
        if value is not None:
            chosen[name] = value
    return Options(**chosen)


def usual_filter(environ: Mapping[str, str]) -> str:
    """The filter of KBVIEW_FILTER or of the config file, "" for none. Errors: SourceError."""
    value, place_of = chosen_by("filter", argparse.Namespace(), read(), environ)
    text = str(value or "")
    try:
        if text.strip():
            parse_filter(text)
    except FilterError as error:
        raise SourceError(f"{place_of}: {error}", 2) from error
    return text


def chosen_by(
    name: str, arguments: argparse.Namespace, preferences: Preferences, environ: Mapping[str, str]
) -> tuple[Any, str]:
    """The value of a preference, None for the program's own, and its place: flag, variable or file."""
    variable = f"KBVIEW_{name.upper()}"
    if (given := getattr(arguments, name, None)) is not None:
        return given, "flag"
    if variable in environ:
        return _converted(variable, environ[variable], name), variable
    kept = getattr(preferences, name)
    return kept, "config.toml" if kept is not None else "default"


def _converted(variable: str, text: str, name: str) -> Any:
    kind = {"fps": int, "ascii": bool, "low_bandwidth": bool}.get(name)
    value: Any = text
    if kind is bool and text.lower() in _TRUE + _FALSE:
        value = text.lower() in _TRUE
    elif kind is int and text.isascii() and text.isdigit() and len(text) <= _LONGEST_FPS:
        value = int(text)
    try:
        return getattr(msgspec.convert({name: value}, Preferences), name)
    except msgspec.ValidationError as error:
        raise SourceError(f"{variable}={text!r}: {sentence(error)}", 2) from error
