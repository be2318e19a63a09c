"""A batch: events in time order by columns, as a producer of many events tells them.

    order    0 1 0 0 1 ...                                       the table of each event
    times    3 5 6 9 9 ...                                       of each event, ps
    tables   FrameArrived: times, queues, packets, lengths  |  PacketDelivered: times, cpus, ...

A tape file keeps columns, so a batch goes there without an object for each event.
"""

from typing import Any, NamedTuple

from kbview.tape.event import Event


class BatchTable(NamedTuple):
    """The events of one class: a column for each of its fields, `time_ps` first."""

    kind: type[Event]
    columns: list[list[Any]]


class EventBatch(NamedTuple):
    """Events of at most 256 classes, which add nothing to a key frame (key_frame.NOTED).

    A table may be empty.
    """

    order: bytes
    times: list[int]
    tables: list[BatchTable]

    @property
    def length(self) -> int:
        """Events in it."""
        return len(self.times)

    def events(self) -> list[Event]:
        """Its events as objects."""
        made = [iter(map(table.kind, *table.columns)).__next__ for table in self.tables]
        return [made[place]() for place in self.order]

    def part(self, start: int, end: int) -> "EventBatch":
        """The events from number `start` up to `end`."""
        if start == 0 and end >= self.length:
            return self
        before, order = self.order[:start], self.order[start:end]
        tables = []
        for place, table in enumerate(self.tables):
            first = before.count(place)
            after = first + order.count(place)
            tables.append(BatchTable(table.kind, [column[first:after] for column in table.columns]))
        return EventBatch(order, self.times[start:end], tables)
