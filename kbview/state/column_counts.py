"""A count at the end of each column of a history. It is taken once, however often it is drawn."""

from collections import deque
from collections.abc import Callable
from itertools import takewhile

from kbview.state.column import LENGTH, Column
from kbview.tape.meter import Sample


class ColumnCounts:
    """The counts that `count` finds in the samples at the ends of columns."""

    def __init__(self, count: Callable[[Sample], int]) -> None:
        self._count = count
        self._counts: deque[int] = deque(maxlen=LENGTH + 1)
        self._until: Sample | None = None  # the end of the last column that was counted

    def follow(self, columns: deque[Column]) -> deque[int]:
        """The count before the first column and at the end of each, oldest first; empty without any.

        The columns grow at their end and are dropped at their beginning.
        """
        until = self._until
        fresh = list(takewhile(lambda column: column.interval.after is not until, reversed(columns)))
        if fresh:
            if len(fresh) == len(columns):
                self._counts.clear()
                self._counts.append(self._count(fresh[-1].interval.before))
            self._counts += [self._count(column.interval.after) for column in reversed(fresh)]
            self._until = fresh[0].interval.after
        return self._counts
