"""Packets that drivers' XDP programs dropped, from the drivers' own statistics (`ethtool -S`).

No counter of the stack has them: the driver frees the packet before it makes an sk_buff. A driver that
counts queue by queue and in all is read in all.

| driver | statistic                          |
|--------|------------------------------------|
| veth   | rx_queue_0_xdp_drops               |
| mlx5   | rx_xdp_drop, rx0_xdp_drop          |
| virtio | rx_queue_0_xdp_drops, rx0_xdp_drops|

Linux: drivers/net/veth.c, virtio_net.c, mellanox/mlx5/core/en_stats.c
"""

import re
import time
from collections.abc import Iterable
from contextlib import ExitStack

from kbview.sources.linux.ethtool import DeviceStatistics

_AGAIN_S = 1.0  # some drivers ask their firmware for each number
_MOST_LINKS = 16
_DROPS = re.compile(r"rx.*xdp_drops?")
_OF_QUEUE = re.compile(r"\d")


class XdpDrops:
    """The links that have such a statistic when this is made; of this thread's namespace."""

    def __init__(self, links: Iterable[str]) -> None:
        self._closing = ExitStack()
        self._drivers: list[DeviceStatistics] = []
        self._read_s = 0.0
        self._count: int | None = None
        for link in list(links)[:_MOST_LINKS]:
            driver = DeviceStatistics(link)
            if dropped(driver.read()) is None:
                driver.close()
            else:
                self._drivers.append(driver)
                self._closing.callback(driver.close)

    def read(self) -> int | None:
        """Drops of all links together, read anew once a second; None where no driver counts them."""
        now_s = time.monotonic()
        if now_s - self._read_s >= _AGAIN_S:
            self._read_s = now_s
            found = [dropped(driver.read()) for driver in self._drivers]
            known = [count for count in found if count is not None]
            self._count = sum(known) if known else None
        return self._count

    def close(self) -> None:
        """Ask the drivers no more."""
        self._closing.close()


def dropped(statistics: dict[str, int]) -> int | None:
    """The sum of a driver's XDP drops; None where it counts none."""
    counts = {name: count for name, count in statistics.items() if _DROPS.fullmatch(name)}
    whole = [count for name, count in counts.items() if not _OF_QUEUE.search(name)]
    return sum(whole or counts.values()) if counts else None
