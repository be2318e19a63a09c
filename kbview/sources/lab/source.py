"""The lab: real packets over a veth pair of our own, through a real receiver that can be swapped."""

import math

from kbview.sources.lab.producer import LabProducer
from kbview.sources.lab.receivers_switch import Phase
from kbview.sources.linux.testbed import Testbed
from kbview.sources.watching.watch import Watch
from kbview.sources.workers import kernel_counts, testpmd
from kbview.sources.workers.load import Load
from kbview.sources.workers.receivers import RECEIVERS
from kbview.sources.workers.totals import KNOWN
from kbview.tape.detail import Detail
from kbview.tape.source import Capabilities, Heading, Knob, Origin, Source, SourceError
from kbview.tape.tape import Tape

_NOTES = (
    "sender and receivers are Python, but for DPDK's: compare the ways, not the rates with C programs",
    "copies follow from what each way does; latency is from the sender's stamp to the receiver's hand",
)
_KNOBS = {
    "rate": ("frames/s", "what the sender sends"),
    "size": ("bytes", "of each frame, with FCS"),
    "flows": ("flows", "source ports, in turn"),
    "burst": ("frames", "sent back to back"),
}


def datapaths() -> tuple[str, ...]:
    """The receivers that this machine has."""
    return tuple(name for name in RECEIVERS if name != "dpdk" or testpmd.installed())


class Lab(Source):
    """Builds everything at the first pump, so that several labs can run one after the other.

    `tour_ps`: change to the next receiver whenever so much time has passed.
    """

    name = "lab"
    summary = "real traffic on a veth pair of its own, through a receiver of your choice"

    privileged = True  # namespaces can only be removed by who may make them

    def __init__(
        self, kind: str, load: Load, tour_ps: int | None = None, most_frames: int | None = None
    ) -> None:
        counted = kernel_counts.KNOWN if kernel_counts.available() else frozenset[str]()
        self.capabilities = Capabilities(live=True, switchable=True, lossy=True, meters=KNOWN | counted)
        self.heading = Heading(Origin.LIVE, "lab", notes=_NOTES)
        self._kind = kind
        self._load = load
        self._most_frames = most_frames
        self._tour_ps = self._next_ps = tour_ps
        self._detail = Detail.METERS
        self._producer: LabProducer | None = None
        self._watch: Watch | None = None
        self._closed = False

    def can_run(self) -> str | None:
        return None  # building it says what is missing

    @property
    def ended(self) -> bool:
        return self._closed or (self._watch is not None and self._watch.ended)

    def pump(self, tape: Tape, until_ps: int, *, budget_s: float = math.inf) -> int:
        if self._watch is None:
            self._watch = self._open()
        reached_ps = self._watch.pump(tape, self._stop(until_ps), budget_s=budget_s)
        while self._next_ps is not None and reached_ps >= self._next_ps:
            self._go_on(reached_ps)
            if budget_s == math.inf:
                reached_ps = self._watch.pump(tape, self._stop(until_ps))
        return reached_ps

    def _stop(self, until_ps: int) -> int:
        """Where to look up from the traffic, if there is a tour to go on with."""
        return until_ps if self._next_ps is None else min(until_ps, self._next_ps)

    def _go_on(self, now_ps: int) -> None:
        """The next receiver's turn, unless the last one is still being opened."""
        self._next_ps = now_ps + (self._tour_ps or 0)
        if self._producer is None or self._producer.receivers.phase is not Phase.RUNNING:
            return
        names = self.datapaths()
        self._kind = names[(names.index(self._kind) + 1) % len(names)]
        self.switch(self._kind)

    def _open(self) -> Watch:
        self._producer = LabProducer(self._kind, self._load)
        watch = Watch(self.heading, self._producer.clock, [self._producer], self._most_frames)
        watch.set_detail(self._detail)
        return watch

    def datapaths(self) -> tuple[str, ...]:
        return datapaths()

    def switch(self, datapath: str) -> None:
        if datapath not in datapaths():
            raise SourceError(f"the lab has no receiver {datapath}; use {', '.join(datapaths())}", 2)
        if self._producer is not None:
            self._producer.receivers.switch(datapath)

    @property
    def bed(self) -> Testbed | None:
        """The namespaces and links, once they are there."""
        return self._producer.bed if self._producer is not None else None

    def knobs(self) -> tuple[Knob, ...]:
        load = self._load
        return tuple(
            Knob(name, f"{getattr(load, name):,} {unit}", explained)
            for name, (unit, explained) in _KNOBS.items()
        )

    def turn(self, knob: str, rungs: int) -> None:
        self._load = self._load.turned(knob, rungs)
        if self._producer is not None:
            self._producer.receivers.set_load(self._load)

    def set_detail(self, detail: Detail) -> None:
        self._detail = detail
        if self._watch is not None:
            self._watch.set_detail(detail)

    def close(self) -> None:
        self._closed = True
        if self._watch is not None:
            self._watch.close()
