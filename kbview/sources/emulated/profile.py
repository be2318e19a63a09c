"""Cost profiles: those that come with the program, those measured here, and any file."""

import os
import tomllib
from importlib.resources import files
from pathlib import Path

import msgspec

from kbview.emulator.cost import Calibration
from kbview.tape.source import SourceError

_FOLDER = files("kbview") / "calibrations"
_SUFFIX = ".toml"


def bundled() -> list[str]:
    """Those that come with the program."""
    names = (entry.name for entry in _FOLDER.iterdir())
    return sorted(name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))


def folder() -> Path:
    """Where the viewer's own are: `kbview calibrate` writes there."""
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "kbview" / "calibrations"


def names() -> list[str]:
    """All that have a name."""
    try:
        own = [path.stem for path in folder().glob(f"*{_SUFFIX}")]
    except (OSError, RuntimeError):  # no home
        own = []
    return sorted({*bundled(), *own})


def load(name: str) -> Calibration:
    """The profile of a name, or in a file (.toml); SourceError when there is none."""
    calibration = _parse(name, _read(name))
    return calibration.over(load(calibration.base)) if calibration.base else calibration


def _read(name: str) -> str:
    if name in bundled():
        return (_FOLDER / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    if name not in names() and not name.endswith(_SUFFIX):
        raise SourceError(f"profile {name!r} is unknown; use one of {', '.join(names())}", 2)
    path = Path(name) if name.endswith(_SUFFIX) else folder() / f"{name}{_SUFFIX}"
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SourceError(f"{path}: cannot be read: {reason}", 3) from error


def _parse(name: str, text: str) -> Calibration:
    try:
        return msgspec.convert(tomllib.loads(text), Calibration)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SourceError(f"{name}: not a cost profile: {error}", 3) from error
