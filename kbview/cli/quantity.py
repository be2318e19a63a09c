"""Times and counts as people write them: `3s`, `200us`, `1000`, `20k`, `1.5M`."""

import argparse
import re

from kbview.state import destination

_LONGEST_PS = 30 * 86_400 * 10**12  # a month; the emulator's clock ends after 53 days
_LONGEST_TOLD = 60  # characters of a refused text
_MOST = 10**15  # of anything that is counted
_FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def duration_ps(text: str) -> int:
    """A time with its unit, in picoseconds."""
    time_ps = destination.time_ps(text)
    if time_ps is None:
        units = ", ".join(destination.UNITS_PS)
        raise argparse.ArgumentTypeError(
            f"{_short(text)} is not a time; write a number and one of {units}"
        )
    if time_ps > _LONGEST_PS:
        raise argparse.ArgumentTypeError(f"{_short(text)} is too long; write up to 43200min, a month")
    return time_ps


def place(text: str) -> str:
    """A place on a tape, in the words of the key `g`; it is found once the tape is there."""
    if destination.parse(text) is None:
        raise argparse.ArgumentTypeError(
            f"{_short(text)} is no place on a tape; examples: {destination.EXAMPLES}"
        )
    return text


def size(text: str) -> int:
    """A number of bytes."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{_short(text)} is not a number of bytes; write 0 or more")
    return _counted(text)


def number(text: str) -> float:
    """A number, perhaps with k, M or G behind it."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d+)?)([kMG]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{_short(text)} is not a number; write 800000, 8e5 or 800k")
    value = float(match[1]) * _FACTORS[match[2]]
    if value > _MOST:
        raise argparse.ArgumentTypeError(f"{_short(text)} is too large; write up to 1e15")
    return value


def share(text: str) -> float:
    """A share of 1, also as percent: `0.01`, `1%`."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(%?)", text)
    value = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0.0001 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{_short(text)} is no share; write 0.01% to 100%")
    return value


def until(text: str) -> tuple[int | None, int | None]:
    """Where to stop: a time in picoseconds, or a number of frames; the other is None."""
    if text.isascii() and text.isdigit():
        return None, _counted(text)
    if re.fullmatch(r"[0-9.]+(e[0-9]+)?[kMG]?", text):
        return None, _whole(text)
    return duration_ps(text), None


def _whole(text: str) -> int:
    """A whole number that is written with k, M, G or an exponent."""
    value = number(text)
    if not value.is_integer():
        raise argparse.ArgumentTypeError(f"{_short(text)} is not a whole number of frames")
    return int(value)


def _counted(digits: str) -> int:
    """A whole number that is not too large to be one: int() refuses more than 4,300 digits."""
    if len(digits) > 16 or int(digits) > _MOST:
        raise argparse.ArgumentTypeError(f"{_short(digits)} is too large; write up to {_MOST}")
    return int(digits)


def _short(text: str) -> str:
    told = repr(text)
    return told if len(told) <= _LONGEST_TOLD else told[: _LONGEST_TOLD - 4] + "...'"


def assignment(text: str) -> tuple[str, str]:
    """`key=value`."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} sets nothing; write key=value")
    return key, value
