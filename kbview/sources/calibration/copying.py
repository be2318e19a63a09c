"""Copies to user space: reads of growing length from pages in memory; the slope is a byte's cost.

What a copy costs beyond its bytes cannot be told from the rest of a read, and stays as it was.
"""

import os
from collections.abc import Callable
from statistics import linear_regression

from kbview.emulator.cost import Calibration
from kbview.sources.calibration.method import Findings, MeasuredCost, Method
from kbview.sources.calibration.spread import of, timed

_SIZES = (64, 256, 512, 1024, 1500, 2048, 4096)
_SPAN = 4 << 20  # bytes: more than a core's own cache, less than the one that cores share
_STRIDE = 68 << 10
_COUNT, _ROUNDS, _FITS = 100, 60, 9


class Copy(Method):
    """From the shared cache, as data are that a NIC or another core has put there."""

    name = "copy"
    steps = ("copy_to_user", "copy_from_user")

    def measure(self, base: Calibration, found: Findings) -> Findings:
        del found
        descriptor = os.memfd_create("kbview")
        try:
            os.pwrite(descriptor, bytes(_SPAN + _SIZES[-1]), 0)
            slopes = {"copy_to_user": _slopes(descriptor, os.preadv)}
            slopes["copy_from_user"] = _slopes(descriptor, os.pwritev)
        finally:
            os.close(descriptor)
        how = f"reads and writes of {_SIZES[0]} to {_SIZES[-1]} bytes of memory; the slope"
        return {
            step: MeasuredCost(how, ns_per_byte=of(values))
            for step, values in slopes.items()
            if step in base.steps
        }


def _slopes(descriptor: int, call: Callable[[int, list[bytearray], int], int]) -> list[float]:
    """Nanoseconds a byte, once for each fit."""
    return [
        linear_regression(_SIZES, [_time(descriptor, call, size) for size in _SIZES]).slope
        for _ in range(_FITS)
    ]


def _time(descriptor: int, call: Callable[[int, list[bytearray], int], int], size: int) -> float:
    vector = [bytearray(size)]
    offset = 0

    def work(count: int) -> None:
        nonlocal offset
        for _ in range(count):
            call(descriptor, vector, offset)
            offset = (offset + _STRIDE) % _SPAN

    return timed(work, _COUNT, _ROUNDS).median
