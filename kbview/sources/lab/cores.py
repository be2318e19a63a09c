"""CPU time: of the lab's processes by getrusage(), of the machine by its cores.

The cores' time is as the kernel books it in /proc/stat, in ticks of usually 10 ms. Every process of
the machine is in it, so it is no packet's. The kernel's "system" is `syscall` here: task context in
kernel mode. A receiver that never sleeps reports how much of its user time was spent in polls that
found frames; the rest was empty polls.
"""

import os
import time

from kbview.sources.linux.procfs import cpu as stat
from kbview.sources.linux.procfs.file import KernelFile
from kbview.tape.meter import CoreMeter


class Cores:
    """Counts from the moment it is made. `cpus` are the numbers of the cores to show."""

    def __init__(self, cpus: list[int]) -> None:
        self._cpus = cpus
        self._tick_ps = 10**12 // os.sysconf("SC_CLK_TCK")
        self._file = KernelFile("/proc/stat")
        self._start_ns = time.monotonic_ns()
        self._viewer_ns = time.process_time_ns()
        self._before = self._read()

    def _read(self) -> dict[int, stat.Ticks]:
        return stat.parse(self._file.read()).cores

    def meters(self) -> list[CoreMeter]:
        """A meter for each core. Time in no account is idle: the accounts add up to elapsed time."""
        elapsed_ps = (time.monotonic_ns() - self._start_ns) * 1000
        now = self._read()
        return [self._meter(cpu, now[cpu], elapsed_ps) for cpu in self._cpus if cpu in now]

    def _meter(self, cpu: int, row: stat.Ticks, elapsed_ps: int) -> CoreMeter:
        user, nice, system, _, _, irq, softirq = (
            ticks * self._tick_ps for ticks in self._grown(cpu, row)
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

    def shares_ns(self, sender_ns: int, receiver_ns: int) -> dict[str, int]:
        """CPU time since this was made, by owner: the lab's processes, kbview itself, all others.

        The veth's softirq runs in the sender's system call, so it is the sender's time.
        """
        viewer_ns = time.process_time_ns() - self._viewer_ns
        busy_ns = sum(_busy(self._grown(cpu, row)) for cpu, row in self._read().items())
        named = {"receiver": receiver_ns, "sender": sender_ns, "kbview": viewer_ns}
        others_ns = max(0, busy_ns * self._tick_ps // 1000 - sum(named.values()))
        return {f"{name} CPU ns": ns for name, ns in {**named, "rest of machine": others_ns}.items()}

    def _grown(self, cpu: int, row: stat.Ticks) -> stat.Ticks:
        before = self._before.get(cpu, row)
        return stat.Ticks(*(after - was for after, was in zip(row, before, strict=True)))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _busy(ticks: stat.Ticks) -> int:
    return ticks.user + ticks.nice + ticks.system + ticks.hardirq + ticks.softirq


def split_polling(core: CoreMeter, polling_ps: int, useful_ps: int) -> None:
    """Move a poll-mode driver's time, useful and empty, out of the core's user time; changes `core`."""
    polling_ps = min(polling_ps, core.user_ps)
    useful_ps = min(useful_ps, polling_ps)
    core.user_ps -= polling_ps
    core.poll_useful_ps += useful_ps
    core.poll_empty_ps += polling_ps - useful_ps
