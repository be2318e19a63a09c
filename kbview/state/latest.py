"""The latest event, and the packet that arrived last."""

from collections.abc import Callable

from kbview.state.reducer import Reducer
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event_run import EventRun
from kbview.tape.meter import Sample


class Latest(Reducer):
    """Both are forgotten one to two chunks of the tape later, and where no single events are told."""

    def __init__(self) -> None:
        self.event: ev.Event | None = None
        self.packet = ev.NO_PACKET
        self._event_is_new = self._packet_is_new = False  # of this chunk

    def turn(self) -> None:
        if not self._event_is_new:
            self.event = None
        if not self._packet_is_new:
            self.packet = ev.NO_PACKET
        self._event_is_new = self._packet_is_new = False

    def hearer(self, kind: type[ev.Event], detail: Detail) -> Callable[[ev.Event], None] | None:
        """Events without a packet that arrives have a short way: there are thousands a second."""
        del detail
        return self.apply if issubclass(kind, Sample | ev.FrameArrived) else self._note

    def _note(self, record: ev.Event) -> None:
        self.event, self._event_is_new = record, True

    def apply_run(self, run: EventRun, detail: Detail) -> None:
        del detail
        self._note(run.records[-1])
        if arrived := run.of(ev.FrameArrived):
            self._arrive(arrived[-1])

    def apply(self, record: ev.Event) -> None:
        if isinstance(record, Sample):
            if record.detail < Detail.MILESTONES:
                self.event, self.packet = None, ev.NO_PACKET
            return
        self._note(record)
        self._arrive(record)

    def _arrive(self, record: ev.Event) -> None:
        if isinstance(record, ev.FrameArrived):
            self.packet, self._packet_is_new = record.packet, True
