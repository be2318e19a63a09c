"""The meters at any record: a sample's where there is one, elsewhere counted on from the events."""

from collections.abc import Callable

from kbview.state.reducer import Reducer
from kbview.tape.detail import Detail
from kbview.tape.event_run import EventRun
from kbview.tape.events import Event
from kbview.tape.meter import Meters, Sample


class MetersAt(Reducer):
    """Meters and the detail of the stretch that follows.

    A sample's meters are the tape's: they are copied only when an event is to be counted on top.
    """

    def __init__(self) -> None:
        self.meters = Meters()
        self.detail = Detail.METERS
        self._own = True

    def hearer(self, kind: type[Event], detail: Detail) -> Callable[[Event], None] | None:
        """Samples are always heard; at the finest detail events that change meters are counted."""
        if issubclass(kind, Sample):
            return self.apply
        return self.count if detail is Detail.STEPS and kind.change is not Event.change else None

    def apply(self, record: Event) -> None:
        if isinstance(record, Sample):
            self.believe(record)
        elif self.detail is Detail.STEPS:
            self.count(record)

    def believe(self, sample: Sample) -> None:
        """Between events of the finest detail only an exact sample is better than counting."""
        if sample.exact or self.detail < Detail.STEPS:
            self.meters, self._own = sample.meters, False
        self.detail = sample.detail

    def apply_run(self, run: EventRun, detail: Detail) -> None:
        if detail is Detail.STEPS:
            self._take_copy()
            run.count_in(self.meters)

    def count(self, event: Event) -> None:
        """Add an event, at the finest detail."""
        self._take_copy()
        event.change(self.meters)

    def _take_copy(self) -> None:
        """Have meters of its own."""
        if not self._own:
            self.meters, self._own = self.meters.copy(), True
