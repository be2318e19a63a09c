"""Whole numbers of a column: their differences, and whether these are all the same.

A writer spends most of its time here, so this module is compiled with the emulator (scripts/native.py).
Compiled code takes a loop: 5 ns a number, without an object for each step. In pure Python the loop
would take 40 ns, and the functions of the standard library take 25.
"""

from collections.abc import Sequence
from operator import sub

from kbview.packet.compiled import COMPILED

_SAMPLE = 256  # numbers that are looked at for noise
_NOISE = 0.9  # the share of different steps among them, at least


def differences(numbers: Sequence[int]) -> list[int]:
    """The first number, then the difference of each from the number before."""
    if COMPILED:
        return _differences(list(numbers))
    return [*numbers[:1], *map(sub, numbers[1:], numbers)]


def _differences(numbers: list[int]) -> list[int]:
    before, found = 0, list[int]()
    for number in numbers:
        found.append(number - before)
        before = number
    return found


def common_step(numbers: Sequence[int]) -> int | None:
    """The difference between all neighbours, if it is 0 or 1; None if there are others.

    There is a number at least.
    """
    first, count = numbers[0], len(numbers)
    rise = numbers[-1] - first
    if rise not in (0, count - 1):
        return None
    if COMPILED:
        return _common_step(list(numbers), 1 if rise else 0)
    if rise == 0 and numbers.count(first) == count:
        return 0
    return 1 if rise == count - 1 and numbers == list(range(first, first + count)) else None


def _common_step(numbers: list[int], step: int) -> int | None:
    expected = numbers[0]
    for number in numbers:
        if number != expected:
            return None
        expected += step
    return step


def noise(numbers: Sequence[int]) -> bool:
    """Whether nearly all steps between the first numbers are different: no word is repeated."""
    if len(numbers) <= _SAMPLE:
        return False
    sample = numbers[: _SAMPLE + 1]
    return len(set(map(sub, sample[1:], sample))) >= _NOISE * _SAMPLE
