"""The contract of a reducer: the answer to one question, folded from the tape record by record.

A state gives each record to the reducers that hear its class. The answer depends on samples, and on the
records since the start of the previous chunk. So the state at any position can be rebuilt without
reading the tape from its start; tests/state/test_rebuild.py compares both.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from kbview.tape.detail import Detail
from kbview.tape.event import Event
from kbview.tape.event_run import EventRun
from kbview.tape.events import DatapathStarted


class Reducer(ABC):
    """`hears` are the record classes that `apply` gets; None stands for all classes.

    `least` is the detail without which the answer is not known. While the tape holds less, `apply` is
    not called.
    """

    hears: ClassVar[frozenset[type[Event]] | None] = None
    least: ClassVar[Detail] = Detail.METERS

    def open(self, started: DatapathStarted) -> None:  # noqa: B027 - most need nothing of it
        """Take over a datapath: it begins here, or is in force where the state begins."""

    @abstractmethod
    def apply(self, record: Event) -> None:
        """Fold the next record."""

    def hearer(self, kind: type[Event], detail: Detail) -> Callable[[Event], None] | None:
        """The method that folds records of a class on a tape of this detail; None if it hears none."""
        heard = self.hears is None or kind in self.hears
        return self.apply if heard and detail >= self.least else None

    def apply_run(self, run: EventRun, detail: Detail) -> None:
        """Fold the events of a run, on a tape of this detail: the same as each of them by its hearer.

        No sample, marker or end of a chunk is among them.
        """
        if detail >= self.least:
            for event in run.records if self.hears is None else run.among(self.hears):
                self.apply(event)

    def turn(self) -> None:  # noqa: B027 - answers from samples forget nothing
        """Begin another chunk of the tape: forget all from before the chunk that has just ended."""

    def clear(self) -> None:  # noqa: B027 - called only where `least` is set
        """Forget all: from here on the tape holds less than `least`."""
