"""Ranges as people write them: `64,128,256`, `100:1000:100`, `1k..10M/9`, and lists of these."""

import argparse
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kbview.cli import quantity

if TYPE_CHECKING:
    from kbview.emulator.keys import DeclaredKey
    from kbview.experiment.axis import Axis

_LINEAR = re.compile(r"([^:]+):([^:]+):([^:]+)")
_LOGARITHMIC = re.compile(r"(.+?)\.\.(.+?)/(.+)")
_MOST = 1000
_LONGEST = 2000  # characters of a range
_DIGITS = 6  # of a value between the ends of a logarithmic range
GRAMMAR = (
    "a list 64,128,256; even steps FROM:TO:STEP; N values with equal ratios FROM..TO/N; "
    "numbers take k, M, G, times a unit (1k..10M/9)"
)


def axis(text: str) -> "Axis":
    """`key=range` as an axis: the type of --over. ArgumentTypeError names the range to use."""
    from kbview.emulator.keys import ScenarioError
    from kbview.experiment.axis import axis as checked
    from kbview.experiment.axis import declared

    name, values = quantity.assignment(text)
    if len(values) > _LONGEST:
        raise argparse.ArgumentTypeError(f"{name}: a range of more than {_LONGEST} characters")
    try:
        _, key = declared(name)
        return checked(name, [value for part in values.split(",") for value in _part(part, key)])
    except ScenarioError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _part(text: str, key: "DeclaredKey") -> Iterator[float | str]:
    """The values of one part of a list."""
    text = text.strip()
    if text in key.words or not (key.limits or key.words):
        yield text
    elif match := _LINEAR.fullmatch(text):
        yield from _linear(text, *(_number(part, key) for part in match.groups()))
    elif match := _LOGARITHMIC.fullmatch(text):
        yield from _ratios(text, _number(match[1], key), _number(match[2], key), match[3])
    elif key.limits is None:
        yield text  # a wrong word, which the key refuses
    else:
        yield _number(text, key)


def _number(text: str, key: "DeclaredKey") -> float:
    """A number; for a key in us also a time with its unit."""
    if key.unit == "us" and text.endswith(("s", "min")):
        return quantity.duration_ps(text) / 1e6
    return quantity.number(text)


def _linear(text: str, first: float, last: float, step: float) -> Iterator[float]:
    if step <= 0 or last < first:
        raise argparse.ArgumentTypeError(f"{text}: write FROM:TO:STEP with TO above FROM, STEP above 0")
    count = int((last - first) / step + 1e-9) + 1
    if count > _MOST:
        raise argparse.ArgumentTypeError(f"{text}: {count:,} values; use up to {_MOST}")
    for number in range(count):
        yield float(f"{first + number * step:.12g}")


def _ratios(text: str, first: float, last: float, count: str) -> Iterator[float]:
    if not (count.isascii() and count.isdigit()) or not 2 <= int(count[:6]) <= _MOST:
        raise argparse.ArgumentTypeError(f"{text}: write FROM..TO/N with N from 2 to {_MOST}")
    if not 0 < first < last:
        raise argparse.ArgumentTypeError(f"{text}: write FROM..TO/N with FROM above 0, TO above FROM")
    whole = int(count) - 1
    yield first
    for number in range(1, whole):
        yield float(f"{first * (last / first) ** (number / whole):.{_DIGITS}g}")
    yield last
