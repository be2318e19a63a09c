"""/proc/stat: where each core's time went, in ticks, and how often tasks were switched.

Linux: fs/proc/stat.c. A tick is charged to whatever it finds running (CONFIG_TICK_CPU_ACCOUNTING), so
short interrupts hide in other accounts unless the kernel has CONFIG_IRQ_TIME_ACCOUNTING.
"""

from typing import NamedTuple

from kbview.sources.linux.procfs.file import number


class Ticks(NamedTuple):
    """Ticks since boot. `steal`, time that the hypervisor took, is nobody's here."""

    user: int
    nice: int
    system: int
    idle: int
    iowait: int
    hardirq: int
    softirq: int


class Stat(NamedTuple):
    """Cores by number, and context switches of all of them."""

    cores: dict[int, Ticks]
    context_switches: int


def parse(text: str) -> Stat:
    """What the file says."""
    cores: dict[int, Ticks] = {}
    switches = 0
    for line in text.splitlines():
        name, *words = line.split() or [""]
        if name == "ctxt" and words:
            switches = number(words[0])
        elif name.startswith("cpu") and name[3:].isdecimal() and len(words) >= len(Ticks._fields):
            cores[number(name[3:])] = Ticks(*map(number, words[: len(Ticks._fields)]))
    return Stat(cores, switches)
