"""Memory that several cores write: a shared cache line, and a spinlock with the lines that it protects.

A line belongs to the core that wrote it last. A write by another core transfers the line, and the
transfers of a line are made one at a time:

    core 0 writes --> the line is modified in its cache
    core 1 writes --> waits until no transfer is under way --> transfer --> the line is its own

A core that writes a line again pays nothing beyond the instruction; nor does the other thread of the
core. So a single core never pays, two cores pay a transfer for most writes, and with more cores each
also waits for the others. A line from another NUMA node also crosses the link between the processors
(`numa_hop`).

    core 0   hold |####|
    core 1        spin |....--|####|               -- the hand-over: all spinning cores read the line
    core 2           spin |........----|####|         again, so it takes longer the more cores spin

The locks are ticket locks: first come, first served. A core that takes a lock after another core
fetches the line of the lock and the lines that it protects, `lines` in all. S. Boyd-Wickizer et al.,
"Non-scalable locks are dangerous", OLS 2012.
"""

from collections import deque

from kbview.emulator.cost import Prices
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.placement import FROM_REMOTE, REMOTE, SAME


class SharedLine:
    """One line. Yield before `write` if the core is past its horizon."""

    def __init__(self, prices: Prices) -> None:
        self._prices, self._transfer = prices, prices.step("line_transfer")
        self._owner: Core | None = None
        self._free_ps = 0  # when the transfer under way ends

    def write(self, core: Core, packet: int) -> None:
        """The core writes to the line while it works on `packet`, and pays for a transfer."""
        if self._owner is core:
            return
        before, self._owner = self._owner, core
        if before is None or (distance := before.place.distance(core.place)) == SAME:
            return
        core.spend_waiting(self._transfer, max(0, self._free_ps - core.now_ps), packet)
        if distance == REMOTE:
            core.spend(self._prices.step(FROM_REMOTE), packet)
        self._free_ps = core.now_ps


class Lock:
    """Yield before `take` if the core is past its horizon, and not between `take` and `release`."""

    def __init__(self, prices: Prices, lines: int) -> None:
        self._prices, self._spin = prices, prices.step("spin_lock")
        self._transfer_ps = prices.step("line_transfer").cost_ps
        self._lines = lines
        self._owner: Core | None = None
        self._free_ps = 0
        self._granted: deque[int] = deque()  # times at which the waiting cores get the lock

    def take(self, core: Core) -> None:
        """Spin until the core has the lock; the spinning costs the core's own time."""
        now_ps, granted = core.now_ps, self._granted
        while granted and granted[0] <= now_ps:
            granted.popleft()
        wait_ps = 0
        if self._free_ps > now_ps:
            spinning = len(granted) + 1  # this one included
            wait_ps = self._free_ps - now_ps + self._transfer_ps * spinning // 2
            granted.append(now_ps + wait_ps)
        if self._owner is not core and self._owner is not None:
            wait_ps += self._lines * self._line_ps(self._owner, core)
        self._owner = core
        core.spend_waiting(self._spin, wait_ps)

    def _line_ps(self, owner: Core, core: Core) -> int:
        """The time that a line takes from its owner to the core, ps."""
        distance = owner.place.distance(core.place)
        if distance < REMOTE:
            return distance * self._transfer_ps
        return self._transfer_ps + self._prices.step(FROM_REMOTE).cost_ps

    def release(self, core: Core) -> None:
        """The next core may take the lock from now on."""
        self._free_ps = core.now_ps
