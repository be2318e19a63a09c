"""The lab as a producer: what its processes report, turned into events and meters."""

import contextlib
import select
import time

from kbview.sources.lab.cores import Cores, split_polling
from kbview.sources.lab.receivers_switch import Phase, ReceiversSwitch
from kbview.sources.linux import stale
from kbview.sources.linux.testbed import Testbed
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.sources.workers import kernel_counts, stations
from kbview.sources.workers.load import Load
from kbview.sources.workers.message import Reading, Report, Sent
from kbview.sources.workers.receivers import RECEIVERS
from kbview.sources.workers.totals import KNOWN, ReceiverTotals
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from kbview.tape.source import SourceError

_PATIENCE_S = 15.0  # DPDK takes a second


class LabProducer(Producer):
    """Builds the testbed and waits until the receiver is open; `close` removes it all."""

    name = "lab"
    meters = KNOWN

    def __init__(self, kind: str, load: Load) -> None:
        self._totals = ReceiverTotals()
        self._kind, self._mode = kind, ""
        self._counted = kernel_counts.available()
        self._seen_ps = 0
        self._events: list[ev.Event] = []
        self._closing = contextlib.ExitStack()
        self.bed = Testbed(napi=True)
        self._closing.callback(self.bed.close)
        try:
            self._open(kind, load)
        except BaseException:
            self.close()
            raise

    def _open(self, kind: str, load: Load) -> None:
        """Time begins when the first receiver is open."""
        self.receivers = ReceiversSwitch(self.bed, load, kind)
        self._closing.callback(stale.remove_folder, "dpdk")
        self._closing.callback(self.receivers.stop)
        self._clock = WatchClock()
        self._await_open()
        self._cores = Cores([cpu for cpu in sorted(set(self.receivers.cpus)) if cpu >= 0] or [0])
        self._closing.callback(self._cores.close)
        self.clock = self._clock = WatchClock()
        self._seen_ps = 0

    def _await_open(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while self.receivers.phase is not Phase.RUNNING:
            if time.monotonic() > deadline:
                raise SourceError(
                    f"the {self.receivers.kind} receiver did not begin in {_PATIENCE_S:g} s", 1
                )
            select.select(self.receivers.descriptors, [], [], 0.1)
            self._look()
        self._events.clear()

    @property
    def way(self) -> WatchedPath:  # type: ignore[override]  # it changes
        """The way of the receiver that is open."""
        summary = RECEIVERS[self._kind].summary
        return stations.way(self._kind, summary, self._mode, counted=self._counted)

    def start(self) -> None:
        """Everything runs already."""

    def settled_ps(self) -> int:
        self._look()
        if self.receivers.phase is not Phase.RUNNING:
            self._seen_ps = max(self._seen_ps, self._clock.now_ps())
        return self._seen_ps

    def _look(self) -> None:
        for report in self.receivers.reports():
            self._hear(report)
        self._events += [ev.SourceNoted(self._clock.now_ps(), note) for note in self.receivers.notes()]

    def _hear(self, report: Report) -> None:
        if isinstance(report, Sent):
            self._totals.sent(report)
        elif isinstance(report, Reading):
            self._read(report)

    def _read(self, reading: Reading) -> None:
        time_ps = self._clock.of_monotonic_ns(reading.time_ns)
        if reading.first:
            self._kind, self._mode = reading.kind, reading.mode
            self._totals.turn_over()
            self._announce(time_ps)
        self._totals.read(reading)
        zero_ps = self._clock.of_monotonic_ns(0)
        for event in reading.events:
            event.time_ps += zero_ps
        self._events += reading.events
        if reading.untold:
            self._events.append(ev.EventsLost(time_ps, reading.untold))
        self._seen_ps = max(self._seen_ps, time_ps)

    def _announce(self, time_ps: int) -> None:
        """A receiver begins."""
        way = self.way
        self._events.append(ev.DatapathStarted(time_ps, way.datapath, way.summary, way.stations))

    def take(self, until_ps: int) -> list[ev.Event]:
        self._events.sort(key=lambda event: event.time_ps)
        cut = sum(event.time_ps <= until_ps for event in self._events)
        taken, self._events = self._events[:cut], self._events[cut:]
        return taken

    def show(self, meters: Meters) -> None:
        self._totals.show(meters)
        meters.cores = self._cores.meters()
        split_polling(meters.cores[-1], *self._totals.polling_ps())
        meters.gauges = self._cores.shares_ns(*self._totals.cpu_ns())
        meters.banner = self.receivers.banner

    def set_detail(self, detail: Detail) -> None:
        self.receivers.tell(detail)

    def close(self) -> None:
        self._closing.close()
