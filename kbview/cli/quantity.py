"""Times and counts as people write them: `3s`, `200us`, `1000`, `1.5M`."""

import argparse
import re

_UNITS_PS = {"ps": 1, "ns": 10**3, "us": 10**6, "ms": 10**9, "s": 10**12, "min": 60 * 10**12}
_FACTORS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}


def duration_ps(text: str) -> int:
    """A time with its unit, in picoseconds."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]+)", text)
    if not match or match[2] not in _UNITS_PS:
        units = ", ".join(_UNITS_PS)
        raise argparse.ArgumentTypeError(f"{text!r} is not a time; write a number and one of {units}")
    return round(float(match[1]) * _UNITS_PS[match[2]])


def size(text: str) -> int:
    """A number of bytes."""
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of bytes; write 0 or more")
    return int(text)


def number(text: str) -> float:
    """A number, perhaps with k, M or G behind it."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?(?:e\d+)?)([kMG]?)", text)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; write 800000, 8e5 or 800k")
    return float(match[1]) * _FACTORS[match[2]]


def until(text: str) -> tuple[int | None, int | None]:
    """Where to stop: a time in picoseconds, or a number of frames; the other is None."""
    if text.isdigit():
        return None, int(text)
    return duration_ps(text), None


def assignment(text: str) -> tuple[str, str]:
    """`key=value`."""
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{text!r} sets nothing; write key=value")
    return key, value
