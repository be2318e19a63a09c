"""/proc/net/dev: what each interface received and sent. Linux: net/core/net-procfs.c

Its receive `drop` is the sum of missed frames and software drops; netlink counts them apart.
psutil reads the table of the main thread's namespace only, and anew by its path each time. kbview reads
it in the namespace of a thread and keeps the file open after it has given up its privileges.
"""

from typing import NamedTuple

from kbview.sources.linux.procfs.file import number

_COLUMNS = (1, 0, 3, 9, 8, 11)  # of Traffic's fields


class Traffic(NamedTuple):
    """An interface's totals."""

    rx_packets: int
    rx_bytes: int
    rx_dropped: int
    tx_packets: int
    tx_bytes: int
    tx_dropped: int


def parse(text: str) -> dict[str, Traffic]:
    """Totals by the interface's name."""
    found = {}
    for line in text.splitlines():
        name, colon, fields = line.rpartition(":")
        columns = [number(word) for word in fields.split()]
        if colon and len(columns) >= 16:
            found[name.strip()] = Traffic(*(columns[at] for at in _COLUMNS))
    return found
