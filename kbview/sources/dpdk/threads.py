"""The lcores of a DPDK application as threads of its process: how busy the kernel saw each of them.

DPDK calls its workers rte-worker-N, and dpdk-workerN since 23.07.
"""

import re
from typing import NamedTuple

import psutil

_WORKER = re.compile(r"(?:rte|dpdk)-worker-?(\d+)")


class LcoreThread(NamedTuple):
    """A thread that is an lcore. `cpu` is the core it ran on last; `switches` are context switches."""

    name: str
    cpu: int
    user_ns: int
    system_ns: int
    switches: int


def lcore_threads(pid: int) -> list[LcoreThread]:
    """The lcores of a process: its main thread, then its workers by number; none if it hides them."""
    try:
        numbers = [thread.id for thread in psutil.Process(pid).threads()] if pid else []
    except (psutil.Error, OSError, ValueError, OverflowError):  # a number that no process has
        return []
    numbers.sort(key=lambda number: (number != pid, number))
    found = (_lcore(number, main=number == pid) for number in numbers)
    return [thread for thread in found if thread is not None]


def _lcore(number: int, *, main: bool) -> LcoreThread | None:
    """The thread; None if it is no lcore or has ended."""
    try:
        thread = psutil.Process(number)
        with thread.oneshot():
            name = thread.name()
            if not main and not _WORKER.fullmatch(name):
                return None
            times, switches = thread.cpu_times(), thread.num_ctx_switches()
            return LcoreThread(
                name,
                thread.cpu_num(),
                round(times.user * 1e9),
                round(times.system * 1e9),
                switches.voluntary + switches.involuntary,
            )
    except (psutil.Error, OSError):
        return None
