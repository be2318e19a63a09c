"""The tape: records in time order, appended by a source, read by a player.

    | chunk | chunk | chunk | ... | chunk | chunk | open chunk |
    '- on the shelf, encoded ----' '- in memory --------------'

Bounded: with more than `capacity` records in memory the oldest chunks go to the shelf, or are let go
where there is none. Positions are absolute, so a reader's position stays valid meanwhile.

Before its records every chunk has a key frame, which is no record itself. Folding the records of
`opening` at any position gives the meters of folding them all. Samples can be read without the events
between them.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice
from operator import attrgetter, itemgetter
from typing import NamedTuple

from kbview.tape.chunk import Chunk, Chunker
from kbview.tape.detail import Detail
from kbview.tape.event_batch import EventBatch
from kbview.tape.event_run import EventRun
from kbview.tape.events import DatapathStarted, Event, EventsLost
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample
from kbview.tape.shelf import Shelf
from kbview.tape.store import Spilling, Store

CAPACITY = 100_000  # records: about 15 MB of single steps
_TIME = attrgetter("time_ps")


class RecordSpan(NamedTuple):
    """Positions from `start` up to `end`."""

    start: int
    end: int


class Reel:
    """The questions that a tape answers, wherever it is stored."""

    def __init__(self, store: Store) -> None:
        self._read_from(store)

    def _read_from(self, store: Store) -> None:
        self._store = store
        self._index = store.index

    @property
    def latest(self) -> EventRun | None:
        """Records near the end that were sorted by class as they came; None if there are none."""
        return None

    @property
    def start(self) -> int:
        """The oldest position that can still be read."""
        return self._index.start

    @property
    def length(self) -> int:
        """The position after the last record."""
        return self._index.length + len(self._store.open.records)

    @property
    def end_ps(self) -> int:
        """The time of the last record."""
        records = self._store.open.records
        return records[-1].time_ps if records else self._index.end_ps

    def read(self, position: int) -> Iterator[Event]:
        """Records from `position` on; records that are no longer stored are skipped."""
        position = max(position, self.start)
        number = self._index.holding(position)
        while number <= self._index.count:
            chunk = self._store.chunk(number)
            yield from islice(chunk.records, max(position - chunk.first, 0), None)
            number = max(number + 1, self._index.dropped)

    def slices(self, position: int, end: int) -> Iterator[list[Event]]:
        """The records from `position` up to `end`, as many at a time as are stored together.

        Records that are no longer stored are skipped.
        """
        position = max(position, self.start)
        number = self._index.holding(position)
        while position < end and number <= self._index.count:
            chunk = self._store.chunk(number)
            if records := chunk.records[max(position - chunk.first, 0) : end - chunk.first]:
                yield records
            position = max(position, chunk.after)
            number = max(number + 1, self._index.dropped)

    def position_at(self, time_ps: int) -> int:
        """The position after the last record at or before a time."""
        chunk = self._store.chunk(self._begun_by(time_ps))
        return chunk.first + bisect_right(chunk.records, time_ps, key=_TIME)

    def key_frame_before(self, time_ps: int) -> int:
        """The last position, at or before a time, that has a key frame; `start` if none has."""
        return self._store.first_of(self._store.exact_by(self._begun_by(time_ps)))

    def opening(self, position: int) -> Iterator[Event]:
        """From the last key frame at or before `position`: the datapath in force, the key frame
        itself, which is a Sample, and the records up to `position`."""
        begin = self._store.exact_by(self._index.holding(max(position, self.start)))
        while not (key := self._store.chunk(begin).key).exact and begin > self._index.dropped:
            begin = self._store.exact_by(begin - 1)  # it is damaged, as is found out only now
        if key.started is not None:
            yield key.started
        yield key
        first = self._store.first_of(begin)
        yield from islice(self.read(first), max(position - first, 0))

    def stretches(self, first: int, position: int) -> list[RecordSpan]:
        """The records from `first` up to `position` without chunks of samples alone.

        Behind single events samples are left out only where their detail is that of meters, at which
        events are not remembered. The chunk of the last record is always there. No sample is read.
        """
        last = self._index.holding(max(first, position - 1))
        told: list[int] = []
        for number in range(self._index.holding(first), last):
            if not self._has_samples_alone(number) or (told and not self._is_of_meters(number)):
                told.append(number)
        starts = [max(first, self._store.first_of(number)) for number in [*told, last]]
        return list(
            map(RecordSpan, starts, [*[self._store.first_of(number + 1) for number in told], position])
        )

    def _has_samples_alone(self, number: int) -> bool:
        return len(self._store.track(number).positions) == self._index.extent(number).records

    def _is_of_meters(self, number: int) -> bool:
        """Whether the detail at a chunk's end is that of meters; no if that cannot be had."""
        after = self._store.key(number + 1)
        return after.exact and after.detail is Detail.METERS

    def key_at(self, position: int) -> KeyFrame:
        """The key frame of the chunk that begins at a position, or holds it."""
        return self._store.key(self._index.holding(position))

    def started_before(self, position: int) -> DatapathStarted | None:
        """The datapath in force at a position; None if none has begun.

        Key frames alone tell it, except in a chunk in which a datapath begins.
        """
        number = self._index.holding(max(position, self.start))
        if number < self._index.count and self._stands(number):
            return self._store.key(number + 1).started
        while True:
            places = self._store.starts(number)
            if before := bisect_left(places, position, key=itemgetter(0)):
                return places[before - 1][1]
            key = self._store.key(number)
            if key.exact or number <= self._index.dropped:
                return key.started
            number -= 1

    def _stands(self, number: int) -> bool:
        """Whether the key frame after a chunk says that no datapath begins in it."""
        after, start_ps = self._store.key(number + 1), self._index.extent(number).start_ps
        return after.exact and (after.started is None or after.started.time_ps < start_ps)

    def lost_before(self, position: int) -> int:
        """How many events are not on the tape, as far as it was said before a position."""
        count = 0
        for record in self.opening(position):
            if isinstance(record, KeyFrame):
                count = record.lost
            elif isinstance(record, EventsLost):
                count += record.count
        return count

    def sample_before(self, position: int) -> int | None:
        """The position of the last sample before a position, exact or not."""
        number = self._index.holding(position)
        while number >= self._index.dropped:
            positions = self._store.track(number).positions
            if place := bisect_left(positions, position):
                return positions[place - 1]
            number = self._index.sampled_by(number - 1)
        return None

    def event_before(self, position: int) -> int:
        """The position behind the last record before `position` that is no sample; `start` if none is.

        The positions of samples tell it, and no record is read.
        """
        number = self._index.holding(max(position - 1, self.start))
        while position > self.start:
            positions = self._store.track(number).positions
            place = bisect_left(positions, position)
            while place and positions[place - 1] == position - 1:
                place -= 1
                position -= 1
            if position > self._store.first_of(number):
                return position
            number -= 1
        return self.start

    def sample_from(self, time_ps: int) -> int | None:
        """The position of the first sample at or after a time, exact or not."""
        number = self._index.ended_before(time_ps)
        while (place := bisect_left((track := self._store.track(number)).times, time_ps)) == len(
            track.times
        ):
            if number >= self._index.count:
                return None
            number = self._index.sampled_from(number + 1)
        return track.positions[place]

    def sample_time_at(self, position: int) -> int:
        """The time of the sample at a position where there is one; cheaper than the sample."""
        track = self._store.track(self._index.holding(position))
        return track.times[bisect_left(track.positions, position)]

    def sample_at(self, position: int) -> Sample:
        """The sample at a position where there is one."""
        track = self._store.track(self._index.holding(position))
        return track.sample(bisect_left(track.positions, position))

    def _begun_by(self, time_ps: int) -> int:
        """The number of the last chunk that begins at or before a time, the oldest if all are later."""
        records = self._store.open.records
        if records and records[0].time_ps <= time_ps:
            return self._index.count
        return max(self._index.started_by(time_ps), self._index.dropped)


class Tape(Reel):
    """A sequence of events and samples that is appended to at its end only."""

    def __init__(self, capacity: int = CAPACITY, shelf: Shelf | None = None) -> None:
        self._spilling = Spilling(capacity, shelf)
        self._chunker = Chunker()
        super().__init__(self._spilling)
        self._spilling.open = self._chunker.open

    @property
    def latest(self) -> EventRun | None:
        return self._chunker.latest

    def extend(self, records: Iterable[Event]) -> None:
        """Append records that are in time order and not older than the last one."""
        self._append(self._chunker.add(records))

    def extend_batch(self, batch: EventBatch) -> None:
        """Append the events of a batch, which are not older than the last record."""
        self._append(self._chunker.add_batch(batch))

    def _append(self, chunks: Iterable[Chunk]) -> None:
        for chunk in chunks:
            self._spilling.append(chunk)
            self._spilling.open = self._chunker.open
        self._spilling.bound(self.length)
