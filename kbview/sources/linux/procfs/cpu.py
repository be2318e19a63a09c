"""/proc/stat: each core's time in ticks, and the number of context switches.

psutil gives the cores' times as a list without their numbers, so a core that is offline shifts those
behind it; the context switches it reads at another moment.

Linux: fs/proc/stat.c. A tick is charged to whatever it finds running (CONFIG_TICK_CPU_ACCOUNTING), so
short interrupts hide in other accounts unless the kernel has CONFIG_IRQ_TIME_ACCOUNTING.
"""

from typing import NamedTuple

from kbview.sources.linux.procfs.file import number


class Ticks(NamedTuple):
    """Ticks since boot. Time that the hypervisor took (`steal`) is in no field."""

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
    """The file's text as numbers; a core that the text does not have is missing from `cores`."""
    cores: dict[int, Ticks] = {}
    switches = 0
    for line in text.splitlines():
        name, *words = line.split() or [""]
        if name == "ctxt" and words:
            switches = number(words[0])
        elif name.startswith("cpu") and name[3:].isdecimal() and len(words) >= len(Ticks._fields):
            cores[number(name[3:])] = Ticks(*map(number, words[: len(Ticks._fields)]))
    return Stat(cores, switches)
