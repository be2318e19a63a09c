"""Counters of one interface beside the stack's: its driver's own, and its interrupt lines by core."""

import contextlib
import time
from collections.abc import Iterable

from kbview.sources.linux.ethtool import DeviceStatistics
from kbview.sources.linux.procfs.interrupts import InterruptLine

_AGAIN_S = 1.0  # some drivers ask their firmware for each number
_MOST = 200
_LEVELS = ("peer_ifindex",)  # of veth: a number that counts nothing


class DeviceCounters:
    """Counts from the moment it is made. The interface is one of this thread's namespace."""

    def __init__(self, interface: str) -> None:
        self._driver = DeviceStatistics(interface)
        self._since = self._driver.read()
        self._lines_since: dict[str, int] = {}
        self._read_s = time.monotonic()
        self._gauges: dict[str, int] = {}

    def gauges(self, lines: Iterable[InterruptLine]) -> dict[str, int]:
        """How much each has grown; read anew once a second. A counter that stood still is left out."""
        now_s = time.monotonic()
        if now_s - self._read_s >= _AGAIN_S:
            self._read_s = now_s
            self._gauges = self._grown() | self._interrupts(lines)
        return self._gauges

    def _grown(self) -> dict[str, int]:
        now = self._driver.read()
        grown = {name: count - self._since.get(name, 0) for name, count in now.items()}
        named = {name: count for name, count in grown.items() if count > 0 and name not in _LEVELS}
        return {f"ethtool {name}": count for name, count in list(named.items())[:_MOST]}

    def _interrupts(self, lines: Iterable[InterruptLine]) -> dict[str, int]:
        found: dict[str, int] = {}
        for line in lines:
            since = self._lines_since.setdefault(line.label, line.total)
            if line.total > since:
                words = line.said.split()
                name = f"irq {line.label} {words[-1] if words else ''}".rstrip()
                found[f"{name}, on cpu {affinity(line.label) or '?'}"] = line.total - since
        return found

    def close(self) -> None:
        """Ask the driver no more."""
        self._driver.close()


def affinity(line: str) -> str:
    """The cores that take an interrupt line, such as `0-3`; "" where the kernel does not say."""
    for name in ("effective_affinity_list", "smp_affinity_list"):
        with contextlib.suppress(OSError), open(f"/proc/irq/{line}/{name}", encoding="ascii") as file:
            if told := file.read().strip():
                return told
    return ""
