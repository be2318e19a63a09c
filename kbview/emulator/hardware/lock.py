"""A spinlock that cores share, and the cache lines that move with it.

    core 0   hold |####|
    core 1        spin |....--|####|               -- the hand-over: all who spin read the line
    core 2           spin |........----|####|         again, so the more of them the longer

Ticket locks, first come, first served. Who takes it after another core fetches the lock's line and
those of what it protects, `lines` in all. S. Boyd-Wickizer et al., "Non-scalable locks are dangerous",
OLS 2012.
"""

from collections import deque

from kbview.emulator.cost import Prices
from kbview.emulator.hardware.core import Core


class Lock:
    """Yield before `take` where the core is past its horizon, and not between it and `release`."""

    def __init__(self, prices: Prices, lines: int) -> None:
        self._spin = prices.step("spin_lock")
        self._transfer_ps = prices.step("line_transfer").cost_ps
        self._lines = lines
        self._owner: Core | None = None
        self._free_ps = 0
        self._granted: deque[int] = deque()  # when those who wait will have it

    def take(self, core: Core) -> None:
        """Spin until it is this core's; the time is the core's own."""
        now_ps, granted = core.now_ps, self._granted
        while granted and granted[0] <= now_ps:
            granted.popleft()
        wait_ps = 0
        if self._free_ps > now_ps:
            spinning = len(granted) + 1  # this one included
            wait_ps = self._free_ps - now_ps + self._transfer_ps * spinning // 2
            granted.append(now_ps + wait_ps)
        if self._owner is not core and self._owner is not None:
            wait_ps += self._lines * self._transfer_ps
        self._owner = core
        core.spend_waiting(self._spin, wait_ps)

    def release(self, core: Core) -> None:
        """The next may have it."""
        self._free_ps = core.now_ps
