"""Collects the events of the model and releases them in time order.

Cores run a little ahead of each other, so events come slightly out of order. They wait here until
every core is past their time.

A core takes several steps at once and its program reports the result before or after them. `tell` puts
such a result, as SkbAllocated, at the end of the step that brings it about: `Event.ends` names it.

At milestones the events of frames go to ledgers, from which a batch of columns is made.
"""

from operator import attrgetter

from kbview.emulator.ledger import DeliveryLedger, DropLedger, FrameLedger, Ledger, MissLedger
from kbview.tape.detail import Detail
from kbview.tape.event_batch import BatchTable, EventBatch
from kbview.tape.events import (
    NO_CPU,
    NO_PACKET,
    Copied,
    DescriptorCleaned,
    Event,
    FrameArrived,
    FrameMissed,
    FrameSent,
    PacketDelivered,
    PacketDropped,
    SkbAllocated,
    SkbFreed,
    SocketDequeued,
    StepTaken,
    XdpRan,
)

_TIME = attrgetter("time_ps")
_END_PS = 1 << 60  # later than all events
StepEvent = Copied | DescriptorCleaned | SkbAllocated | SkbFreed | SocketDequeued | XdpRan
BEFORE = (DescriptorCleaned, SkbAllocated, SocketDequeued, XdpRan)  # may be reported before their step
NEAR = 48  # events that are looked at for the step of an event


class Recorder:
    """The listener of the model. Test `milestones` or `steps` before you make an event."""

    def __init__(self) -> None:
        self.milestones = False
        self.steps = False
        self.open: dict[int, list[StepEvent]] = {}  # by packet: events whose step is to come
        self._waiting: list[Event] = []
        self.emit = self._waiting.append
        self.arrived = FrameLedger(FrameArrived)
        self.missed = MissLedger(FrameMissed)
        self.sent = FrameLedger(FrameSent)
        self.dropped = DropLedger(PacketDropped)
        self.delivered = DeliveryLedger(PacketDelivered)
        # Events of the same time are released in this order.
        self._ledgers: list[Ledger] = [
            self.arrived,
            self.missed,
            self.sent,
            self.dropped,
            self.delivered,
        ]

    @property
    def detail(self) -> Detail:
        """The level of detail that events are made for."""
        return Detail(self.milestones + self.steps)

    @detail.setter
    def detail(self, detail: Detail) -> None:
        self._settle()
        self.milestones = detail >= Detail.MILESTONES
        self.steps = detail >= Detail.STEPS
        for ledger in self._ledgers:
            ledger.emit = self.emit if self.steps else None

    def begin(self, event: Event) -> None:
        """Tell an event behind all events that were told before it, equal times included."""
        self._settle()
        self.emit(event)

    def tell(self, event: StepEvent) -> None:
        """Tell an event at the end of its step, which was told just before or is told next."""
        at = self._step_of(event)
        if at >= 0:
            step = self._waiting[at]
            event.time_ps = step.time_ps + step.duration_ps if isinstance(step, StepTaken) else 0
            self._waiting.insert(at + 1, event)
        elif isinstance(event, BEFORE) and event.packet != NO_PACKET:
            self.open.setdefault(event.packet, []).append(event)
        else:
            self.emit(event)

    def end(self, step: str, packet: int, time_ps: int) -> None:
        """A step of a packet has ended at `time_ps`: tell the open events that happen then."""
        still_open: list[StepEvent] = []
        for event in self.open.pop(packet, ()):
            if step in event.ends:
                event.time_ps = time_ps
                self.emit(event)
            else:
                still_open.append(event)
        if still_open:
            self.open[packet] = still_open

    def _step_of(self, event: StepEvent) -> int:
        """The place of the event's step among the last that wait; -1 where it is not among them."""
        ends, packet, at = event.ends, event.packet, len(self._waiting)
        for other in reversed(self._waiting[-NEAR:]):
            at -= 1
            if isinstance(other, StepTaken):
                if other.step in ends and _is_of(other, event):
                    return at
            elif type(other) is type(event) and other.packet == packet != NO_PACKET:
                return -1  # the step is that event's
        return -1

    @property
    def quiet(self) -> bool:
        """Whether no event waits."""
        if self._waiting or self.open:
            return False
        return self.steps or not any(ledger.columns[0] for ledger in self._ledgers)

    def release_batch(self, until_ps: int) -> EventBatch | None:
        """Remove and return the events up to `until_ps` as a batch; None if some are in no ledger."""
        if self.steps or self._waiting or self.open:
            return None
        return self._batch(until_ps)

    def release(self, until_ps: int) -> list[Event]:
        """Remove and return the events up to `until_ps`, in time order."""
        waiting = self._waiting
        for events in self.open.values():
            waiting += events
        self.open.clear()
        if not self.steps:  # at steps nothing is in a ledger
            waiting += self._batch(until_ps).events()
        waiting.sort(key=_TIME)
        count = len(waiting)
        while count and waiting[count - 1].time_ps > until_ps:
            count -= 1
        released = waiting[:count]
        del waiting[:count]
        return released

    def _settle(self) -> None:
        """Take all events out of the ledgers."""
        self._waiting += self._batch(_END_PS).events()

    def _batch(self, until_ps: int) -> EventBatch:
        """Remove the events up to `until_ps` from the ledgers."""
        return EventBatch([BatchTable(each.kind, each.take(until_ps)) for each in self._ledgers])


def _is_of(step: StepTaken, event: StepEvent) -> bool:
    """Whether the step is the event's: of its packet, or of a call that takes several packets."""
    if step.packet == event.packet != NO_PACKET:
        return True
    alone = step.packet == NO_PACKET and step.cpu == getattr(event, "cpu", NO_CPU)
    return alone and (event.packet == NO_PACKET or isinstance(event, SocketDequeued))
