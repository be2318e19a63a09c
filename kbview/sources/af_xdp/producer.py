"""An interface's frames through an AF_XDP socket: they are taken from the kernel while this runs."""

import os
import select
import time

from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.sources.workers import stations
from kbview.sources.workers.child import WorkerSettings
from kbview.sources.workers.message import Begin, Reading, Tell
from kbview.sources.workers.receiver import Ingress
from kbview.sources.workers.totals import ReceiverTotals
from kbview.sources.workers.worker import Worker
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from kbview.tape.source import SourceError

_PATIENCE_S = 10.0
_KIND = "af_xdp"
_SUMMARY = "an AF_XDP socket: XDP program, umem, four rings; the kernel does not get these frames"
KNOWN = frozenset(
    {
        *("arrived", "delivered", "dropped", "in_flight", "drops", "arrived_bytes", "delivered_bytes"),
        *("polls", "empty_polls", "syscalls", "mode_switches", "context_switches", "wakeups"),
        *("copies", "copied_bytes", "rings"),
    }
)


class XdpProducer(Producer):
    """A process of its own reads the ring; it is open when this is made, and begins with `start`."""

    name = _KIND
    meters = KNOWN

    def __init__(self, clock: WatchClock, place: Ingress) -> None:
        self._clock = clock
        self._totals = ReceiverTotals()
        self._events: list[ev.Event] = []
        self._seen_ps = 0
        self._ended: str | None = None
        self._worker = Worker(None, "receive", WorkerSettings(os.getpid(), -1, place, _KIND))
        try:
            mode = self._await_first()
        except BaseException:
            self.close()
            raise
        self.way: WatchedPath = stations.way(_KIND, _SUMMARY, mode)

    def _await_first(self) -> str:
        """Until the socket is open; what the driver allowed it to be."""
        deadline = time.monotonic() + _PATIENCE_S
        self._worker.post(Begin())
        while time.monotonic() < deadline and not self._worker.ended:
            select.select([self._worker.descriptor], [], [], 0.1)
            for report in self._worker.reports():
                if isinstance(report, Reading):
                    self._totals.read(report)
                    return report.mode
        raise SourceError(f"the AF_XDP receiver {self._worker.ended or 'did not begin'}", 1)

    def start(self) -> None:
        """It runs already; only what comes from now on is looked at."""

    def settled_ps(self) -> int:
        for report in self._worker.reports():
            if isinstance(report, Reading):
                self._read(report)
        if self._worker.ended:
            self._ended = (
                f"the AF_XDP receiver was {self._worker.ended}; the kernel has its frames again"
            )
        return self._seen_ps

    def _read(self, reading: Reading) -> None:
        time_ps = self._clock.of_monotonic_ns(reading.time_ns)
        self._totals.read(reading)
        zero_ps = self._clock.of_monotonic_ns(0)
        for event in reading.events:
            event.time_ps = max(0, event.time_ps + zero_ps)
        self._events += reading.events
        if reading.untold:
            self._events.append(ev.EventsLost(time_ps, reading.untold))
        self._seen_ps = max(self._seen_ps, time_ps)

    def take(self, until_ps: int) -> list[ev.Event]:
        self._events.sort(key=lambda event: event.time_ps)
        cut = sum(event.time_ps <= until_ps for event in self._events)
        taken, self._events = self._events[:cut], self._events[cut:]
        return taken

    def show(self, meters: Meters) -> None:
        self._totals.show(meters)

    @property
    def ended(self) -> str | None:
        return self._ended

    def set_detail(self, detail: Detail) -> None:
        self._worker.post(Tell(detail))

    def close(self) -> None:
        self._worker.stop()
