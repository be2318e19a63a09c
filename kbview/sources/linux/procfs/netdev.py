"""/proc/net/dev: what each interface received and sent. Linux: net/core/net-procfs.c

Its `drop` adds up what the NIC missed and what software dropped; netlink tells them apart.
"""

from typing import NamedTuple

from kbview.sources.linux.procfs.file import number


class Traffic(NamedTuple):
    """An interface's totals."""

    rx_packets: int
    rx_bytes: int
    rx_dropped: int
    tx_packets: int
    tx_bytes: int


def parse(text: str) -> dict[str, Traffic]:
    """Totals by the interface's name."""
    found = {}
    for line in text.splitlines():
        name, colon, fields = line.rpartition(":")
        columns = [number(word) for word in fields.split()]
        if colon and len(columns) >= 16:
            found[name.strip()] = Traffic(columns[1], columns[0], columns[3], columns[9], columns[8])
    return found
