"""The cores' time as the kernel books it: /proc/stat, in ticks of usually 10 ms.

Everything that runs on a core is in it, not only the lab's processes. What the kernel counts as
"system" is here `syscall`: task context in kernel mode. A receiver that never sleeps says itself how
much of its user time found something; the rest was polling in vain.
"""

import os
import time

from kbview.tape.meter import CoreMeter

_PATH = "/proc/stat"
_MOST = 1 << 16


class Cores:
    """Counts from the moment it is made. `cpus` are those to show, by number."""

    def __init__(self, cpus: list[int]) -> None:
        self._cpus = cpus
        self._tick_ps = 10**12 // os.sysconf("SC_CLK_TCK")
        self._file = os.open(_PATH, os.O_RDONLY | os.O_CLOEXEC)
        self._start_ns = time.monotonic_ns()
        self._before = self._read()

    def _read(self) -> dict[int, list[int]]:
        """By cpu: user, nice, system, idle, iowait, irq, softirq, in ticks."""
        rows: dict[int, list[int]] = {}
        for line in os.pread(self._file, _MOST, 0).splitlines():
            name, *numbers = line.split()
            if name.startswith(b"cpu") and name != b"cpu":
                rows[int(name[3:])] = [int(number) for number in numbers[:7]]
        return rows

    def meters(self) -> list[CoreMeter]:
        """One for each cpu; what no account has is idle, so that they add up to the time."""
        elapsed_ps = (time.monotonic_ns() - self._start_ns) * 1000
        now = self._read()
        return [self._meter(cpu, now[cpu], elapsed_ps) for cpu in self._cpus if cpu in now]

    def _meter(self, cpu: int, row: list[int], elapsed_ps: int) -> CoreMeter:
        before = self._before.get(cpu, row)
        user, nice, system, _, _, irq, softirq = (
            (after - was) * self._tick_ps for after, was in zip(row, before, strict=True)
        )
        busy_ps = user + nice + system + irq + softirq
        return CoreMeter(
            cpu,
            idle_ps=max(0, elapsed_ps - busy_ps),
            hardirq_ps=irq,
            softirq_ps=softirq,
            syscall_ps=system,
            user_ps=user + nice,
        )

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def split_polling(core: CoreMeter, polling_ps: int, useful_ps: int) -> None:
    """Of a core's user time, what a poll-mode driver used, and what of that found something."""
    polling_ps = min(polling_ps, core.user_ps)
    useful_ps = min(useful_ps, polling_ps)
    core.user_ps -= polling_ps
    core.poll_useful_ps += useful_ps
    core.poll_empty_ps += polling_ps - useful_ps
