"""The books of the lab: one receiver's readings after another's, summed into one set of meters.

    came (the link) + refused (its ring was full) = delivered + dropped + missed + on the way

Each receiver counts from its own beginning; what its predecessors counted is carried over.
"""

import msgspec
from msgspec.structs import astuple

from kbview.sources.workers.message import Reading, Sent, StackCounts
from kbview.tape.histogram import Histogram
from kbview.tape.meter import Meters

_CARRIED = (
    "delivered",
    "bytes",
    "polls",
    "empty_polls",
    "syscalls",
    "copies",
    "copied_bytes",
    "skbs",
    "user_ns",
    "system_ns",
    "voluntary",
    "involuntary",
    "polling_ns",
    "useful_ns",
)
KNOWN = frozenset(
    {
        *("arrived", "delivered", "dropped", "missed", "in_flight", "drops", "latency"),
        *("arrived_bytes", "delivered_bytes", "polls", "empty_polls", "syscalls", "mode_switches"),
        *("context_switches", "wakeups", "copies", "copied_bytes", "rings", "sockets", "cores"),
        *("cores_shared", "gauges"),
    }
)


class Totals(msgspec.Struct):
    """What was counted by receivers that are gone."""

    delivered: int = 0
    bytes: int = 0
    polls: int = 0
    empty_polls: int = 0
    syscalls: int = 0
    copies: int = 0
    copied_bytes: int = 0
    skbs: int = 0
    user_ns: int = 0
    system_ns: int = 0
    voluntary: int = 0
    involuntary: int = 0
    polling_ns: int = 0
    useful_ns: int = 0
    drops: dict[str, int] = {}
    kernel: StackCounts = StackCounts()


class ReceiverTotals:
    """`came_before`: what the link had received when the lab began."""

    def __init__(self) -> None:
        self._carried = Totals()
        self._reading: Reading | None = None
        self._sent: Sent | None = None
        self._latency = Histogram()
        self._came_before: int | None = None

    def read(self, reading: Reading) -> None:
        """A receiver's reading, newer than the last."""
        if self._came_before is None:
            self._came_before = reading.came - reading.delivered - sum(reading.drops.values())
        self._reading = reading
        self._latency.merge(reading.latency)

    def sent(self, sent: Sent) -> None:
        """The sender's report, newer than the last."""
        self._sent = sent

    def turn_over(self) -> None:
        """The next reading is another receiver's."""
        reading, carried = self._reading, self._carried
        if reading is None:
            return
        for name in _CARRIED:
            setattr(carried, name, getattr(carried, name) + getattr(reading, name))
        carried.drops = _added(carried.drops, reading.drops)
        carried.kernel = self._kernel_total(reading)
        self._reading = msgspec.structs.replace(
            reading, kernel=StackCounts(), drops={}, rings=[], sockets={}, **dict.fromkeys(_CARRIED, 0)
        )

    def _total(self, name: str) -> int:
        total: int = getattr(self._carried, name) + getattr(self._reading, name)
        return total

    def show(self, meters: Meters) -> None:
        """Put it all into the meters."""
        reading, sent = self._reading, self._sent
        if reading is None:
            return
        for name in ("delivered", "polls", "empty_polls", "syscalls", "copies", "copied_bytes"):
            setattr(meters, name, self._total(name))
        meters.drops.update(_added(self._carried.drops, reading.drops))
        meters.dropped = sum(meters.drops.values())
        meters.missed = sent.refused if sent else 0
        came = reading.came - (self._came_before or 0)
        meters.in_flight = max(0, came - meters.delivered - meters.dropped)
        meters.arrived = meters.delivered + meters.dropped + meters.in_flight + meters.missed
        meters.delivered_bytes = self._total("bytes")
        size = sent.load.size if sent else 0
        meters.arrived_bytes = meters.delivered_bytes + (meters.arrived - meters.delivered) * size
        meters.mode_switches = 2 * meters.syscalls
        self._show_kernel(self._kernel_total(reading), meters)
        meters.wakeups = self._total("voluntary")
        meters.context_switches = 2 * (meters.wakeups + self._total("involuntary"))
        meters.rings, meters.sockets = reading.rings, reading.sockets
        meters.latency = self._latency

    def _kernel_total(self, reading: Reading) -> StackCounts:
        pairs = zip(astuple(self._carried.kernel), astuple(reading.kernel), strict=True)
        return StackCounts(*(before + now for before, now in pairs))

    def _show_kernel(self, kernel: StackCounts, meters: Meters) -> None:
        """Its polls beside the receivers' own; a veth interrupts nobody."""
        meters.interrupts = 0
        meters.softirqs = kernel.softirqs
        meters.polls += kernel.polls
        meters.empty_polls += kernel.empty_polls
        meters.allocations = kernel.skbs + self._total("skbs")
        meters.frees = max(0, meters.allocations - meters.in_flight)  # a packet under way keeps one

    def cpu_ns(self) -> tuple[int, int]:
        """CPU time of the sender's process and of all receivers' processes, user and kernel mode."""
        sent = self._sent
        receivers = self._total("user_ns") + self._total("system_ns") if self._reading else 0
        return (sent.user_ns + sent.system_ns if sent else 0), receivers

    def polling_ps(self) -> tuple[int, int]:
        """Time of receivers that never sleep, and of that the time of polls that found something."""
        if self._reading is None:
            return 0, 0
        return self._total("polling_ns") * 1000, self._total("useful_ns") * 1000


def _added(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    added = {key: one.get(key, 0) + other.get(key, 0) for key in {**one, **other}}
    return {key: count for key, count in added.items() if count}
