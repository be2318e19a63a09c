"""/proc/softirqs and /proc/net/softnet_stat: runs of softirqs, and what net_rx_action did in them.

Linux: fs/proc/softirqs.c, net/core/net-procfs.c
"""

from typing import NamedTuple

from kbview.sources.linux.procfs.file import number


class Softnet(NamedTuple):
    """All cores together: packets processed, dropped at a full backlog, and runs cut by a budget."""

    processed: int = 0
    dropped: int = 0
    squeezed: int = 0


class CoreSoftnet(NamedTuple):
    """A core's packets processed and dropped at its full backlog, runs cut, packets from RPS.

    `received_rps` is None where the kernel has no such column (before Linux 2.6.35).
    """

    processed: int = 0
    dropped: int = 0
    squeezed: int = 0
    received_rps: int | None = None


_RPS, _CPU = 9, 12  # columns; the core's number stands there since Linux 5.10


def parse_softirqs(text: str) -> dict[str, int]:
    """Runs by name, such as NET_RX, all cores together."""
    runs = {}
    for line in text.splitlines()[1:]:
        name, colon, counts = line.partition(":")
        if colon:
            runs[name.strip()] = sum(map(number, counts.split()))
    return runs


def parse_softnet(text: str) -> Softnet:
    """The first three of its hexadecimal columns, a line a core."""
    total = Softnet()
    for line in text.splitlines():
        columns = [number(word, 16) for word in line.split()[:3]]
        if len(columns) == 3:
            total = Softnet(*(had + more for had, more in zip(total, columns, strict=True)))
    return total


def parse_softnet_cores(text: str) -> dict[int, CoreSoftnet]:
    """The same core by core, with the packets from RPS; these are None if the column is missing.

    Before Linux 5.10 lines have no core's number: they are then counted through.
    """
    cores: dict[int, CoreSoftnet] = {}
    for line_number, line in enumerate(text.splitlines()):
        columns = [number(word, 16) for word in line.split()]
        if len(columns) < 3:
            continue
        cpu = columns[_CPU] if len(columns) > _CPU else line_number
        rps = columns[_RPS] if len(columns) > _RPS else None
        cores[cpu] = CoreSoftnet(columns[0], columns[1], columns[2], rps)
    return cores
