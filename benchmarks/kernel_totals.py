"""The kernel's totals as its own tools print them: /proc/net/dev, nstat and ss."""

import json
import re
import subprocess
from typing import NamedTuple

_TAKEN = ("TcpInSegs", "UdpInDatagrams", "IcmpInMsgs")
_LOST = ("UdpNoPorts", "UdpRcvbufErrors", "UdpMemErrors")
_LOST_OF_TAKEN = (  # TcpInSegs has counted these
    *("TcpExtListenDrops", "TcpExtTCPBacklogDrop", "TcpExtTCPRcvQDrop", "TcpExtTCPOFODrop"),
    "TcpExtTCPZeroWindowDrop",
)
_SOCKET_DROPS = re.compile(r"skmem:\([^)]*,d(\d+)\)")


class KernelTotals(NamedTuple):
    """Packets and bytes that an interface received, and the ends of the packets of its namespace."""

    packets: int
    bytes: int
    delivered: int
    dropped: int
    socket_drops: int

    @classmethod
    def read(cls, link: str) -> "KernelTotals":
        """The totals of this thread's namespace so far."""
        packets, octets = _of_link(link)
        counters = _nstat()
        taken, lost, lost_of_taken = (
            sum(counters.get(name, 0) for name in names) for names in (_TAKEN, _LOST, _LOST_OF_TAKEN)
        )
        return cls(packets, octets, taken - lost_of_taken, lost + lost_of_taken, _at_sockets())

    def since(self, before: "KernelTotals") -> "KernelTotals":
        """How much each has grown."""
        return KernelTotals(*(now - then for now, then in zip(self, before, strict=True)))


def _of_link(link: str) -> tuple[int, int]:
    with open("/proc/thread-self/net/dev", encoding="ascii") as file:
        rows = dict(line.split(":") for line in file if ":" in line)
    octets, packets, *_ = {name.strip(): numbers for name, numbers in rows.items()}[link].split()
    return int(packets), int(octets)


def _nstat() -> dict[str, int]:
    words = ["nstat", "--ignore", "--noupdate", "--zeros", "--json"]
    told = subprocess.run(words, check=True, capture_output=True, timeout=20).stdout
    counters: dict[str, int] = json.loads(told)["kernel"]
    return counters


def _at_sockets() -> int:
    """Datagrams that found a queue full, of all UDP sockets that are open now."""
    words = ["ss", "--no-header", "--udp", "--all", "--numeric", "--memory"]
    told = subprocess.run(words, check=True, capture_output=True, text=True, timeout=20).stdout
    return sum(int(count) for count in _SOCKET_DROPS.findall(told))
