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
