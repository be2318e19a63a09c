"""System calls: a C function that enters the kernel, less one that does not."""

import ctypes
from collections.abc import Callable
from typing import Any

from kbview.emulator.cost import Calibration
from kbview.sources.calibration.method import Findings, MeasuredCost, Method
from kbview.sources.calibration.spread import timed

_COUNT, _ROUNDS = 200, 1500
_LIBC = ctypes.PyDLL(None)  # does not give up the interpreter's lock, which costs as much as a call


class SystemCall(Method):
    """Into the kernel and back; the two ways cannot be told apart, so each has half."""

    name = "system call"
    steps = ("syscall_enter", "syscall_exit")

    def measure(self, base: Calibration, found: Findings) -> Findings:
        del base, found
        entering = timed(_repeated(_LIBC.getppid), _COUNT, _ROUNDS)
        staying = timed(_repeated(_LIBC.getpagesize), _COUNT, _ROUNDS)
        how = "getppid() less a C function that stays in user mode; half for each way"
        return dict.fromkeys(self.steps, MeasuredCost(how, entering.less(staying).times(0.5)))


def _repeated(function: Callable[[], Any]) -> Callable[[int], None]:
    def work(count: int) -> None:
        for _ in range(count):
            function()

    return work
