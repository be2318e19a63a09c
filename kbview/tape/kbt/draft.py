"""The draft of a chunk: a writer fills it, and encodes it once it is full."""

from collections.abc import Iterable, Iterator

from kbview.tape.chunk import Filler
from kbview.tape.event_batch import EventBatch
from kbview.tape.events import Event
from kbview.tape.index import Extent
from kbview.tape.kbt.gathering import Gathering
from kbview.tape.kbt.stream import StreamPart
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample


class Draft:
    """Records behind the key frame `key`, from position `first` on: samples apart, events by columns.

    `places` are the numbers of the samples among the records.
    """

    def __init__(self, first: int, key: KeyFrame) -> None:
        self.first = first
        self.key = key
        self.samples: list[Sample] = []
        self.places: list[int] = []
        self._gathering = Gathering()
        self._loose: list[Event] = []  # events that are not among the columns yet

    @property
    def length(self) -> int:
        """Records in it."""
        return len(self.samples) + self._gathering.length + len(self._loose)

    @property
    def after(self) -> int:
        """The position after the last record."""
        return self.first + self.length

    def extend(self, records: Iterable[Event]) -> None:
        """Add events; no sample is among them."""
        self._loose += records

    def append(self, record: Event) -> None:
        """Add a record."""
        if isinstance(record, Sample):
            self.places.append(self.length)
            self.samples.append(record)
        else:
            self._loose.append(record)

    def add(self, batch: EventBatch) -> None:
        """Add the events of a batch."""
        self._settle()
        self._gathering.add_batch(batch)

    def columns(self) -> Iterator[StreamPart]:
        """Its events, encoded."""
        self._settle()
        return self._gathering.pack()

    @property
    def extent(self) -> Extent:
        """Where the chunk lies on the tape; it has records."""
        self._settle()
        ends = [*self._gathering.ends(), *[sample.time_ps for sample in self.samples]]
        known = self.key.exact, bool(self.samples)
        return Extent(self.first, self.length, min(ends), max(ends), *known)

    def _settle(self) -> None:
        if self._loose:
            self._gathering.add(self._loose)
            self._loose = []


class Drafter(Filler[Draft]):
    """Collects records into drafts of bounded size."""

    def begin(self, first: int, key: KeyFrame) -> Draft:
        return Draft(first, key)

    def add_batch(self, batch: EventBatch) -> Iterator[Draft]:
        if self.framer.counting or not batch.length or batch.first_ps < self.end_ps:
            yield from super().add_batch(batch)
            return
        rest = batch
        while rest.length:
            part, rest = rest.cut(self.room)
            self.open.add(part)
            self.room -= part.length
            self.end_ps = part.last_ps
            if self.room <= 0:
                yield self.close()
