"""A batch: events by columns, as a producer of many events tells them.

    FrameArrived:     times 3 6 9,  queues, packets, lengths
    PacketDelivered:  times 5 9,    cpus, packets, places, lengths, latencies

The events are in the order of their times; of the same time those of an earlier table are first. A tape
file keeps columns, so a batch goes there without an object for each event, and without their order.
"""

from bisect import bisect_left, bisect_right
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple

from kbview.tape.event import Event

_TIME = attrgetter("time_ps")


class BatchTable(NamedTuple):
    """The events of one class in time order: a column for each of its fields, `time_ps` first."""

    kind: type[Event]
    columns: list[list[Any]]


class EventBatch(NamedTuple):
    """Events of at most 256 classes, which add nothing to a key frame (key_frame.NOTED).

    A table may be empty.
    """

    tables: list[BatchTable]

    @property
    def length(self) -> int:
        """Events in it."""
        return sum([len(table.columns[0]) for table in self.tables])

    @property
    def first_ps(self) -> int:
        """The time of the first event; ValueError if there is none."""
        times: list[int] = [table.columns[0][0] for table in self.tables if table.columns[0]]
        return min(times)

    @property
    def last_ps(self) -> int:
        """The time of the last event; ValueError if there is none."""
        times: list[int] = [table.columns[0][-1] for table in self.tables if table.columns[0]]
        return max(times)

    def times(self) -> list[int]:
        """The times of all events in their order."""
        return sorted(chain.from_iterable([table.columns[0] for table in self.tables]))

    def order(self) -> bytes:
        """The place of its table for each event in their order."""
        times = list(chain.from_iterable([table.columns[0] for table in self.tables]))
        places = b"".join([bytes([at]) * len(table.columns[0]) for at, table in enumerate(self.tables)])
        return bytes(map(places.__getitem__, sorted(range(len(times)), key=times.__getitem__)))

    def events(self) -> list[Event]:
        """Its events as objects, in their order."""
        made = [event for table in self.tables for event in map(table.kind, *table.columns)]
        made.sort(key=_TIME)
        return made

    def cut(self, count: int) -> tuple["EventBatch", "EventBatch"]:
        """The first `count` events, and the others."""
        if count >= self.length:
            return self, EventBatch([])
        after_ps = self._time_of(count)
        begins = [bisect_left(table.columns[0], after_ps) for table in self.tables]
        left = count - sum(begins)  # of the events at that time
        first, rest = list[BatchTable](), list[BatchTable]()
        for begin, (kind, columns) in zip(begins, self.tables, strict=True):
            end = min(bisect_right(columns[0], after_ps), begin + left)
            left -= end - begin
            first.append(BatchTable(kind, [column[:end] for column in columns]))
            rest.append(BatchTable(kind, [column[end:] for column in columns]))
        return EventBatch(first), EventBatch(rest)

    def _time_of(self, number: int) -> int:
        """The time of an event by its number from 0: halving the time takes a fifth of sorting."""
        columns = [table.columns[0] for table in self.tables]
        low_ps, high_ps = self.first_ps, self.last_ps
        while low_ps < high_ps:
            middle_ps = (low_ps + high_ps) // 2
            if sum([bisect_right(times, middle_ps) for times in columns]) > number:
                high_ps = middle_ps
            else:
                low_ps = middle_ps + 1
        return low_ps
