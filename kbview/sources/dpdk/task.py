"""The threads of the application as the kernel sees them: how busy each lcore looks from outside.

Linux: proc_pid_stat(5). DPDK names its workers rte-worker-N, and dpdk-workerN since 23.07.
"""

import os
import re
from pathlib import Path
from typing import NamedTuple

from kbview.sources.linux.procfs.file import number

_WORKER = re.compile(r"(?:rte|dpdk)-worker-?(\d+)")
_UTIME, _STIME, _CPU = 11, 12, 36  # fields after the name, from 0


class Task(NamedTuple):
    """A thread that is an lcore: where it ran last, its ticks, how often it was switched away."""

    name: str
    cpu: int
    user: int
    system: int
    switches: int


def tasks(pid: int) -> list[Task]:
    """The lcores of a process: its workers, and its main thread. Empty if we cannot look."""
    found = []
    for folder in sorted(_listed(pid), key=lambda name: (len(name), name)):
        path = Path(f"/proc/{pid}/task/{folder}")
        try:
            stat = (path / "stat").read_text(encoding="utf-8", errors="replace")
            status = (path / "status").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it ended
            continue
        task = parse(stat, status)
        if task is not None and (folder == str(pid) or _WORKER.fullmatch(task.name)):
            found.append(task)
    return found


def parse(stat: str, status: str) -> Task | None:
    """One thread's two files."""
    head, _, rest = stat.rpartition(")")
    fields = rest.split()
    if len(fields) <= _CPU:
        return None
    switches = sum(
        number(line.partition(":")[2].strip())
        for line in status.splitlines()
        if "voluntary_ctxt_switches" in line
    )
    user, system, cpu = (number(fields[at]) for at in (_UTIME, _STIME, _CPU))
    return Task(head.partition("(")[2], cpu, user, system, switches)


def _listed(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task") if pid else []
    except OSError:
        return []
