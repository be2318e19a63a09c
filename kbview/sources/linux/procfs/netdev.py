"""/proc/net/dev: what each interface received and sent.

Its receive `drop` is the sum of missed frames and software drops; netlink counts them apart.
The table is not read by psutil, which reads that of the main thread's namespace, by its path each time.
This one is read in the namespace of a thread; the open file needs no privileges later.
Linux: net/core/net-procfs.c
"""

from typing import NamedTuple

from kbview.sources.linux.procfs.file import number

_COLUMNS = (1, 0, 3, 9, 8, 11)  # of Traffic's fields


class InterfaceTraffic(NamedTuple):
    """An interface's totals."""

    rx_packets: int
    rx_bytes: int
    rx_dropped: int
    tx_packets: int
    tx_bytes: int
    tx_dropped: int


def parse(text: str) -> dict[str, InterfaceTraffic]:
    """Totals by the interface's name."""
    found = {}
    for line in text.splitlines():
        name, colon, fields = line.rpartition(":")
        columns = [number(word) for word in fields.split()]
        if colon and len(columns) >= 16:
            found[name.strip()] = InterfaceTraffic(*(columns[at] for at in _COLUMNS))
    return found
