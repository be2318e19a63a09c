"""Cost profiles: bundled ones, the user's own, and any `.toml` file."""

import os
import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from kbview.emulator.cost import Calibration
from kbview.emulator.wrong_value import sentence
from kbview.sources.emulated.toml_text import read_toml
from kbview.sources.nearest import meant
from kbview.tape.source import SourceError

_FOLDER = files("kbview") / "calibrations"
_SUFFIX = ".toml"


def bundled() -> list[str]:
    """The names of the profiles that come with the program."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def folder() -> Path:
    """The folder of the user's own profiles; `kbview calibrate` writes there.

    Errors: RuntimeError where the user has no home folder.
    """
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "kbview" / "calibrations"


def names() -> list[str]:
    """The names of all profiles, bundled and the user's own, in order."""
    try:
        own = [path.stem for path in folder().glob(f"*{_SUFFIX}")]
    except (OSError, RuntimeError):  # no home
        own = []
    return sorted({*bundled(), *own})


def load(name: str) -> Calibration:
    """The profile of a name, or in a file (.toml); SourceError when there is none."""
    calibration = _parse(name, _read(name))
    return calibration.over(load(calibration.base)) if calibration.base else calibration


def vocabulary() -> list[tuple[str, str]]:
    """Each profile with its machine, and each key in the sources of their costs, spelt out."""
    found: dict[str, str] = {}
    for name in names():
        try:
            calibration = _parse(name, _read(name))
        except SourceError:  # a file of the user's own that is no profile
            continue
        found[name] = f"a cost profile: {calibration.summary}"
        found |= calibration.references
    return list(found.items())


def _read(name: str) -> str:
    if name in bundled():
        return (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    if name not in names() and not name.endswith(_SUFFIX):
        hint = meant(name, names())
        raise SourceError(f"profile {name!r} is unknown; {hint}use one of {', '.join(names())}", 2)
    path = Path(name) if name.endswith(_SUFFIX) else folder() / f"{name}{_SUFFIX}"
    return read_toml(str(path))


def _parse(name: str, text: str) -> Calibration:
    try:
        return msgspec.convert(tomllib.loads(text), Calibration)
    except msgspec.ValidationError as error:
        raise SourceError(f"{name}: not a cost profile: {sentence(error)}", 3) from error
    except tomllib.TOMLDecodeError as error:
        raise SourceError(f"{name}: not a cost profile: {error}", 3) from error
    except RecursionError as error:
        raise SourceError(f"{name}: not a cost profile: nested too deeply", 3) from error
