"""A ledger: the events of one class, field behind field in a single list.

    time queue packet length | time queue packet length | ...

Frames make most of the events at milestones. An object for each would take half of a recording's time,
although a tape file keeps columns.
"""

from bisect import bisect_right
from itertools import chain
from operator import itemgetter
from typing import Any

from kbview.tape.event import Event

_TIME = itemgetter(0)


class Ledger:
    """Events of class `kind`. A producer adds all fields of an event, `time_ps` first, to `fields`."""

    def __init__(self, kind: type[Event]) -> None:
        self.kind = kind
        self.fields: list[Any] = []
        self._width = len(kind.__struct_fields__)

    def take(self, until_ps: int) -> list[list[Any]]:
        """Remove the events up to a time: a column for each field, in time order."""
        width = self._width
        times = self.fields[::width]
        ordered = sorted(times)
        if times != ordered:
            self._sort()
        taken = self.fields
        if ordered and ordered[-1] > until_ps:
            count = width * bisect_right(ordered, until_ps)
            self.fields = taken[count:]
            del taken[count:]
        else:
            self.fields = []
        return [taken[place::width] for place in range(width)]

    def _sort(self) -> None:
        """Bring the events into time order; those of the same time stay as they are."""
        rows = [
            tuple(self.fields[at : at + self._width]) for at in range(0, len(self.fields), self._width)
        ]
        rows.sort(key=_TIME)
        self.fields[:] = chain.from_iterable(rows)
