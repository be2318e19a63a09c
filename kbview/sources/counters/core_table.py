"""Core by core: the receive softirq's counters, and which cores take which interrupt line.

Linux: net/core/net-procfs.c softnet_seq_show(), kernel/irq/proc.c
"""

import time
from collections.abc import Iterable

from kbview.sources.counters.device_counters import affinity
from kbview.sources.counters.reading import CounterReading
from kbview.sources.linux.procfs.interrupts import InterruptLine
from kbview.sources.linux.procfs.softirq import CoreSoftnet
from kbview.tape.kernel_meter import IrqMeter, SoftnetMeter

_AGAIN_S = 1.0  # between two looks at the affinities
_MOST_LINES = 256


def softnet(now: CounterReading, since: CounterReading) -> list[SoftnetMeter]:
    """How much each core's counters have grown; a core that was offline begins at 0."""
    return [
        SoftnetMeter(cpu, *_grown(core, since.softnet_cores.get(cpu, _like(core))))
        for cpu, core in sorted(now.softnet_cores.items())
    ]


def _like(core: CoreSoftnet) -> CoreSoftnet:
    """Zeros, with the columns that the core has."""
    return CoreSoftnet(0, 0, 0, None if core.received_rps is None else 0)


def _grown(now: CoreSoftnet, since: CoreSoftnet) -> tuple[int, int, int, int | None]:
    rps = None
    if now.received_rps is not None and since.received_rps is not None:
        rps = max(0, now.received_rps - since.received_rps)
    return (
        max(0, now.processed - since.processed),
        max(0, now.dropped - since.dropped),
        max(0, now.squeezed - since.squeezed),
        rps,
    )


class IrqTable:
    """Counts each line from when it was first seen."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._cores: dict[str, str] = {}
        self._looked_s = 0.0

    def meters(self, lines: Iterable[InterruptLine]) -> list[IrqMeter]:
        """A meter a line, with the name at the end of its text."""
        lines = list(lines)[:_MOST_LINES]
        now_s = time.monotonic()
        if now_s - self._looked_s >= _AGAIN_S:
            self._looked_s = now_s
            self._cores = {line.label: affinity(line.label) for line in lines}
        return [self._meter(line) for line in lines]

    def _meter(self, line: InterruptLine) -> IrqMeter:
        since = self._since.setdefault(line.label, line.total)
        words = line.said.split()
        cores = self._cores.get(line.label, "")
        return IrqMeter(line.label, words[-1] if words else "", cores, max(0, line.total - since))
