"""A chunk: a stretch of records with the key frame before them; and how records become chunks."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter
from typing import Generic, Protocol, TypeVar, cast

import msgspec

from kbview.tape.event_batch import EventBatch
from kbview.tape.event_run import EventRun, run_of
from kbview.tape.events import DatapathStarted, Event
from kbview.tape.index import Extent
from kbview.tape.key_frame import NOTED, Framer, KeyFrame
from kbview.tape.meter import Sample
from kbview.tape.track import Track
from kbview.tape.weight import HEAVY, weight

MOST_RECORDS = 8192  # a seek folds this many at most; half as many are a sixth larger on disk
_BATCH = 4096  # records that are looked at together
_TIME = attrgetter("time_ps")
_SINGLE = HEAVY | NOTED  # classes of records that are looked at singly


Starts = list[tuple[int, DatapathStarted]]  # with their positions, in order


class Chunk(msgspec.Struct):
    """Records that are stored and found together. Positions on the tape begin at `first`.

    `samples` are the positions of the samples among them.
    """

    first: int
    key: KeyFrame
    records: list[Event]
    samples: list[int]

    @property
    def after(self) -> int:
        """The position after the last record."""
        return self.first + len(self.records)

    @property
    def extent(self) -> Extent:
        """Where a chunk that has records lies on the tape."""
        times = self.records[0].time_ps, self.records[-1].time_ps
        return Extent(self.first, len(self.records), *times, self.key.exact, bool(self.samples))

    def extend(self, records: Iterable[Event]) -> None:
        """Add records; no sample is among them."""
        self.records += records

    def append(self, record: Event) -> None:
        """Add a record."""
        if isinstance(record, Sample):
            self.samples.append(self.after)
        self.records.append(record)

    def track(self) -> Track:
        """Its samples, and its key frame."""
        samples = [cast(Sample, self.records[position - self.first]) for position in self.samples]
        return Track(self.samples, list(map(_TIME, samples)), samples.__getitem__, lambda: self.key)

    def starts(self) -> "Starts":
        """The records at which a datapath begins."""
        return [
            (position, record)
            for position, record in enumerate(self.records, self.first)
            if isinstance(record, DatapathStarted)
        ]


def chunk_of(first: int, key: KeyFrame, records: list[Event]) -> Chunk:
    """A chunk of these records, its samples found."""
    samples = [at for at, record in enumerate(records, first) if isinstance(record, Sample)]
    return Chunk(first, key, records, samples)


class Filling(Protocol):
    """A chunk in the making."""

    @property
    def after(self) -> int:
        """The position after the last record."""

    def extend(self, records: Iterable[Event]) -> None:
        """Add records; no sample is among them."""

    def append(self, record: Event) -> None:
        """Add a record."""


_Filled = TypeVar("_Filled", bound=Filling)


class Filler(ABC, Generic[_Filled]):
    """Collects records into chunks of bounded size. `open` is the chunk that still grows.

    `latest` are the records that were counted together last, sorted by class for the next reader; None
    where no records were counted.
    """

    def __init__(self) -> None:
        self.framer = Framer()
        self.room = MOST_RECORDS  # single steps that the open chunk has room for
        self.open = self.begin(0, self.framer.snapshot())
        self.end_ps = 0
        self.latest: EventRun | None = None

    @abstractmethod
    def begin(self, first: int, key: KeyFrame) -> _Filled:
        """An empty chunk."""

    def add(self, records: Iterable[Event]) -> Iterator[_Filled]:
        """Append records in time order, not older than the last; yields chunks as they get full."""
        source = iter(records)
        while batch := list(islice(source, _BATCH)):
            times = [record.time_ps for record in batch]
            in_order = times[0] >= self.end_ps and times == sorted(times)
            if in_order and _SINGLE.isdisjoint(map(type, batch)):
                yield from self._take(batch)
            else:
                yield from self._weighed(batch)

    def add_batch(self, batch: EventBatch) -> Iterator[_Filled]:
        """Append the events of a batch; as `add`."""
        events = batch.events()
        if not events or events[0].time_ps < self.end_ps:
            yield from self.add(events)  # which refuses them
        else:
            yield from self._take(events)

    def _take(self, batch: list[Event]) -> Iterator[_Filled]:
        """Append records that are in order, weigh 1 each and change no key frame."""
        taken = 0
        while taken < len(batch):
            part = batch[taken : taken + self.room]
            self.open.extend(part)
            if self.framer.counting:
                self.latest = run_of(part)
                self.framer.follow(self.latest)
            self.room -= len(part)
            self.end_ps = part[-1].time_ps
            taken += len(part)
            if self.room <= 0:
                yield self.close()

    def _weighed(self, batch: list[Event]) -> Iterator[_Filled]:
        """Append records singly."""
        for record in batch:
            time_ps = record.time_ps
            if time_ps < self.end_ps:
                raise ValueError(
                    f"{type(record).__name__} at {time_ps} ps is older than the tape's end, "
                    f"{self.end_ps} ps"
                )
            self.end_ps = time_ps
            self.open.append(record)
            self.room -= weight(record) if type(record) in HEAVY else 1
            if type(record) in NOTED:
                self.framer.note(record)
            else:
                self.framer.count(record)
            if self.room <= 0:
                yield self.close()

    def close(self) -> _Filled:
        """The open chunk, which must not be empty, and begin another."""
        closed = self.open
        self.open = self.begin(closed.after, self.framer.snapshot(self.end_ps))
        self.room = MOST_RECORDS
        return closed


class Chunker(Filler[Chunk]):
    """Collects records into chunks that stay in memory."""

    def begin(self, first: int, key: KeyFrame) -> Chunk:
        return Chunk(first, key, [], [])
