"""The processes that use the cores: their CPU time, system calls and the softirqs in them included.

/proc/PID/stat has it for every process, ksoftirqd's threads among them; no root needed. A round over
all processes is cut into looks of a few milliseconds, so thousands of them cost no more.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from typing import NamedTuple

_BUDGET_S = 0.003  # of one look
_AGAIN_S = 1.0  # from the end of a round to the begin of the next
_SHOWN = 6
_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM, _START = 11, 12, 19  # words behind the name in parentheses: utime, stime, starttime


class ProcessTime(NamedTuple):
    """A process: its name, the time of its start, and its CPU time so far, in ticks."""

    name: str
    start: int
    ticks: int


class CpuUsers:
    """Counts from the first round on."""

    def __init__(self) -> None:
        self._since: dict[int, ProcessTime] = {}
        self._now: dict[int, ProcessTime] = {}
        self._found: dict[int, ProcessTime] = {}
        self._round: Iterator[None] | None = self._look_around()
        self._rest_until_s = 0.0
        self._rounds = 0

    def look(self) -> None:
        """Go on looking, for a few milliseconds at most."""
        began_s = time.monotonic()
        if self._round is None:
            if began_s < self._rest_until_s:
                return
            self._round = self._look_around()
        while time.monotonic() - began_s < _BUDGET_S:
            if next(self._round, self) is self:
                self._end_round()
                return

    def _look_around(self) -> Iterator[None]:
        self._found = {}
        for name in os.listdir("/proc"):
            if name.isdecimal():
                if (found := process_time(name)) is not None:
                    self._found[int(name)] = found
                yield

    def _end_round(self) -> None:
        self._round = None
        self._rest_until_s = time.monotonic() + _AGAIN_S
        if not self._rounds:
            self._since = self._found
        self._now = self._found
        self._rounds += 1

    def gauges(self) -> dict[str, int]:
        """CPU time in ms of the processes that used most of it, by name and number."""
        grown = sorted(((self._grown(pid, each), pid) for pid, each in self._now.items()), reverse=True)
        return {
            f"CPU ms of {self._now[pid].name} {pid}": round(ticks * _TICK_MS)
            for ticks, pid in grown[:_SHOWN]
            if ticks > 0
        }

    def _grown(self, pid: int, now: ProcessTime) -> int:
        """Ticks since the first round; all of a process that began later."""
        before = self._since.get(pid)
        same = before is not None and before.start == now.start
        return now.ticks - before.ticks if before is not None and same else now.ticks


def process_time(pid: str) -> ProcessTime | None:
    """The CPU time of a process, None where it is gone or its line is no such line."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", "rb") as file:
        return parse(file.read())
    return None


def parse(line: bytes) -> ProcessTime | None:
    """The line of /proc/PID/stat; the name may hold blanks and parentheses."""
    name, bracket, rest = line.partition(b"(")[2].rpartition(b")")
    words = rest.split()
    if (
        not bracket
        or len(words) <= _START
        or not all(words[at].isdigit() for at in (_USER, _SYSTEM, _START))
    ):
        return None
    ticks = int(words[_USER]) + int(words[_SYSTEM])
    return ProcessTime(name.decode("utf-8", "replace"), int(words[_START]), ticks)
