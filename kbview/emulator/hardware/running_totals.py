"""The running totals of a machine: each number of `Meters` that a program counts as it runs.

Every frame changes several totals. They are plain integers of a class of the emulator, because compiled
code reaches those without a look-up; `meters` gives them in the form of the tape.
"""

from kbview.tape.histogram import Histogram
from kbview.tape.meter import Meters
from kbview.tape.vocabulary import Place, Reason, drop_key


class RunningTotals:
    """Totals by the names of `Meters`, and latencies. `tlb_misses` is None if nothing counts them."""

    def __init__(self) -> None:
        self.arrived = 0
        self.delivered = 0
        self.sent = 0
        self.dropped = 0
        self.missed = 0
        self.unsent = 0
        self.arrived_bytes = 0
        self.delivered_bytes = 0
        self.sent_bytes = 0
        self.interrupts = 0
        self.softirqs = 0
        self.polls = 0
        self.empty_polls = 0
        self.squeezes = 0
        self.syscalls = 0
        self.mode_switches = 0
        self.context_switches = 0
        self.copies = 0
        self.copied_bytes = 0
        self.allocations = 0
        self.frees = 0
        self.wakeups = 0
        self.consumed = 0
        self.forwarded = 0
        self.completion_interrupts = 0
        self.tlb_misses: int | None = None
        self._drops: dict[tuple[Place, Reason], int] = {}
        self.latency = Histogram()
        self.kernel_latency = Histogram()

    def drop(self, where: Place, reason: Reason, count: int = 1) -> None:
        """Count packets given up."""
        key = (where, reason)  # the key of the tape is made for a sample, not for a packet
        self.dropped += count
        self._drops[key] = self._drops.get(key, 0) + count

    def meters(self) -> Meters:
        """An independent copy; what is counted elsewhere, as levels of rings, is empty."""
        meters = Meters(tlb_misses=self.tlb_misses)
        for name in COUNTED:
            setattr(meters, name, getattr(self, name))
        meters.drops = {drop_key(*key): count for key, count in self._drops.items()}
        meters.latency = self.latency.copy()
        meters.kernel_latency = self.kernel_latency.copy()
        return meters


# The totals, in the order of Meters.
COUNTED = tuple(
    name for name in Meters.__struct_fields__ if type(getattr(RunningTotals(), name, None)) is int
)
