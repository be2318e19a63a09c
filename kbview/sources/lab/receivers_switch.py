"""The receivers: a sender, a receiver, and the change from one receiver to the next.

    RUNNING                      the sender sends, a receiver receives
       | switch
    WARMING    until ready       the next receiver is started; the old one works on
    HOLDING    until held        the sender stops
    DRAINING   until the last    the old receiver empties its queue, and ends
    OPENING    until the first   the next one opens its way to the frames
       | reading
    RUNNING

Nothing is sent from HOLDING to the first reading of the next receiver. Packets in flight finish, and
none is lost in between.
"""

import os
from collections.abc import Iterator
from enum import Enum

from kbview.sources.lab.sender_pace import SenderPace
from kbview.sources.linux.testbed import Testbed
from kbview.sources.workers.child import WorkerSettings
from kbview.sources.workers.load import RECEIVING_PORT, Load
from kbview.sources.workers.message import Begin, Reading, Ready, Report, Sent, Stop, Tell
from kbview.sources.workers.receiver import Ingress
from kbview.sources.workers.worker import Worker
from kbview.tape.detail import Detail
from kbview.tape.source import SourceError


class Phase(Enum):
    """See the figure."""

    WARMING = "warming"
    HOLDING = "holding"
    DRAINING = "draining"
    OPENING = "opening"
    RUNNING = "running"


_HELD = Load(rate=0)
_MOST_DEATHS = 3


class ReceiversSwitch:
    """Owns its processes. The sender sends `load` whenever a receiver is running."""

    def __init__(self, bed: Testbed, load: Load, kind: str) -> None:
        self._bed = bed
        self.load = load
        self.kind = kind  # of the receiver that runs, or will
        self.phase = Phase.WARMING
        self._detail = Detail.METERS
        self._deaths = 0
        self._before = ""  # the kind to go back to, where the next one cannot open its way
        self._wish = ""  # the kind that was asked for in the middle of a change
        self._notes: list[str] = []
        self._down = False
        self._pace = SenderPace()
        self._accident = ""  # of the receiver that runs now, or of the one that could not
        cpus = sorted(os.sched_getaffinity(0))
        self.cpus = (cpus[0], cpus[-1]) if len(cpus) > 1 else (-1, -1)  # the sender's, the receiver's
        self._old: Worker | None = None
        self._next = self._start_receiver(kind)
        self._sender = self._start_sender()

    def _start_sender(self) -> Worker:
        a, b = self._bed.a, self._bed.b
        place = Ingress(a.link, a.address, 0)
        return Worker(
            a.namespace,
            "send",
            WorkerSettings(os.getpid(), self.cpus[0], place, "", a.plain, b.plain, _HELD),
        )

    def _start_receiver(self, kind: str) -> Worker:
        b = self._bed.b
        place = Ingress(b.link, b.address, RECEIVING_PORT)
        return Worker(b.namespace, "receive", WorkerSettings(os.getpid(), self.cpus[1], place, kind))

    @property
    def descriptors(self) -> list[int]:
        """Readable when somebody has something to say."""
        workers = (self._sender, self._old, self._next)
        return [worker.descriptor for worker in workers if worker is not None]

    def switch(self, kind: str) -> None:
        """Begin the change to another receiver; one that is under way is finished first."""
        self._accident = ""
        if self.phase is not Phase.RUNNING:
            self._wish = kind
            return
        self._old, self._next = self._next, self._start_receiver(kind)
        self._before, self.kind, self.phase = self.kind, kind, Phase.WARMING

    def set_load(self, load: Load) -> None:
        """Send this from now on."""
        self.load = load
        if self.phase in (Phase.RUNNING, Phase.WARMING) and (self._old or self.phase is Phase.RUNNING):
            self._sender.post(load)

    def tell(self, detail: Detail) -> None:
        """Have the receivers tell so much."""
        self._detail = detail
        for worker in filter(None, (self._old, self._next)):
            worker.post(Tell(detail))

    def reports(self) -> Iterator[Report]:
        """The reports since the last call; drives the change. Errors: SourceError with one line."""
        for report in self._sender.reports():
            if isinstance(report, Sent):
                self._hear_sender(report)
            yield report
        if self._old is not None:
            yield from self._hear_old(self._old)
        yield from self._hear_next()
        if self._sender.ended:
            raise SourceError(f"the lab's sender was {self._sender.ended}; start the lab again", 1)

    def _hear_sender(self, sent: Sent) -> None:
        if self.phase is Phase.HOLDING and not sent.load.rate:
            self._drain()
        self._pace.add(sent)
        if sent.down is not self._down:
            self._down = sent.down
            self._notes.append(self._link_down or "the link is up again")

    def _hear_old(self, old: Worker) -> Iterator[Report]:
        """Until its last reading, or its death."""
        for report in old.reports():
            yield report
            if isinstance(report, Reading) and report.last:
                self._open()
        if old.ended and self.phase is not Phase.RUNNING:
            self._open()

    def _hear_next(self) -> Iterator[Report]:
        try:
            for report in self._next.reports():
                if isinstance(report, Ready):
                    self._is_ready()
                elif isinstance(report, Reading) and self.phase is Phase.OPENING:
                    self._run()
                yield report
        except SourceError as error:
            self._go_back(error)
        if self._next.ended:
            self._replace()

    def _is_ready(self) -> None:
        if self._old is None:
            self._open()
        else:
            self._sender.post(_HELD)
            self.phase = Phase.HOLDING

    def _drain(self) -> None:
        assert self._old is not None
        self._old.post(Stop())
        self.phase = Phase.DRAINING

    def _open(self) -> None:
        """The old one has gone; the next one's turn, as soon as it is ready."""
        if self._old is not None:
            self._old.stop()
            self._old = None
        if self._next.ready:
            self._next.post(Tell(self._detail))
            self._next.post(Begin())
            self.phase = Phase.OPENING

    def _run(self) -> None:
        self._sender.post(Begin())  # the first time
        self._sender.post(self.load)
        self._before, self.phase = "", Phase.RUNNING
        wish, self._wish = self._wish, ""
        if wish and wish != self.kind:
            self.switch(wish)

    def _go_back(self, error: SourceError) -> None:
        """The next one cannot: the kind before it shall work again. SourceError if there is none."""
        if self.phase is Phase.RUNNING or not self._before:
            raise error
        self._accident = f"{error}; back to {self._before}"
        self._notes.append(self._accident)
        self._next.stop()
        self._next, self.kind = self._start_receiver(self._before), self._before
        self._before, self.phase = "", Phase.WARMING

    def _replace(self) -> None:
        """The receiver died under us: hold the sender, start another of its kind."""
        how = self._next.ended
        self._deaths += 1
        if self._deaths >= _MOST_DEATHS:
            raise SourceError(f"the {self.kind} receiver was {how}, again and again; choose another", 1)
        self._accident = f"the {self.kind} receiver was {how}; another one takes its place"
        self._notes.append(self._accident)
        self._sender.post(_HELD)
        self._next.stop()
        self._next = self._start_receiver(self.kind)
        self.phase = Phase.WARMING

    @property
    def banner(self) -> str:
        """Everything that disturbs the traffic, as long as it does; "" if nothing does.

        A link that is down, a sender that is too slow, and a receiver that was killed or could not
        open its way. The last stays until the viewer chooses a receiver.
        """
        return "; ".join(filter(None, (self._link_down, self._pace.shortfall, self._accident)))

    @property
    def _link_down(self) -> str:
        link, namespace = self._bed.a.link, self._bed.a.namespace.name
        command = f"ip netns exec {namespace} ip link set {link} up"
        return f"the link is down; {command}" if self._down else ""

    def notes(self) -> list[str]:
        """The notes for the viewer since the last call."""
        notes, self._notes = self._notes, []
        return notes

    def stop(self) -> None:
        """End all of them. A second call is free."""
        for worker in (self._sender, self._old, self._next):
            if worker is not None:
                worker.stop()
