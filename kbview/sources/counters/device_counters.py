"""Counters of an interface's driver, beside the stack's; the cores that take an interrupt line."""

import contextlib
import time

from kbview.sources.linux.ethtool import DeviceStatistics

_AGAIN_S = 1.0  # some drivers ask their firmware for each number
_MOST = 200
_LEVELS = ("peer_ifindex",)  # of veth: a number that counts nothing


class DeviceCounters:
    """Counts from the moment it is made. The interface is in this thread's namespace."""

    def __init__(self, interface: str) -> None:
        self._driver = DeviceStatistics(interface)
        self._since = self._driver.read()
        self._read_s = time.monotonic()
        self._gauges: dict[str, int] = {}

    def gauges(self) -> dict[str, int]:
        """How much each has grown; read anew once a second. A counter that stood still is left out."""
        now_s = time.monotonic()
        if now_s - self._read_s >= _AGAIN_S:
            self._read_s = now_s
            self._gauges = self._grown()
        return self._gauges

    def _grown(self) -> dict[str, int]:
        now = self._driver.read()
        grown = {name: count - self._since.get(name, 0) for name, count in now.items()}
        named = {name: count for name, count in grown.items() if count > 0 and name not in _LEVELS}
        return {f"ethtool {name}": count for name, count in list(named.items())[:_MOST]}

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
