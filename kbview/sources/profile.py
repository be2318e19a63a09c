"""Cost profiles: the calibrations that come with the program."""

import tomllib
from importlib.resources import files

import msgspec

from kbview.emulator.cost import Calibration
from kbview.tape.source import SourceError

_FOLDER = files("kbview") / "calibrations"


def names() -> list[str]:
    """The profiles there are."""
    return sorted(
        entry.name.removesuffix(".toml") for entry in _FOLDER.iterdir() if entry.name.endswith(".toml")
    )


def load(name: str) -> Calibration:
    """One profile; SourceError when there is none of that name."""
    if name not in names():
        raise SourceError(f"profile {name!r} is unknown; use one of {', '.join(names())}", 2)
    text = (_FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    calibration = msgspec.convert(tomllib.loads(text), Calibration)
    return calibration.over(load(calibration.base)) if calibration.base else calibration
