"""A run: events that follow each other on a tape, to be counted together.

To count event after event costs a call and several look-ups for each. A run makes a pass over
the events of each class, which shares the cost of a look-up.
"""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from itertools import compress
from typing import TypeVar, cast

from kbview.tape.event import Event
from kbview.tape.meter import Meters

_Kind = TypeVar("_Kind", bound=Event)
_Kinds = AbstractSet[type[Event]]


class EventRun:
    """Records in the order of the tape, and the class of each, which the caller has looked up."""

    def __init__(self, records: Sequence[Event], classes: Sequence[type[Event]]) -> None:
        self.records = records
        self.classes = classes
        self._of: dict[type[Event], list[Event]] = defaultdict(list)
        for kind, record in zip(classes, records, strict=True):
            self._of[kind].append(record)

    @property
    def kinds(self) -> _Kinds:
        """Each class once."""
        return self._of.keys()

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """The records of a class."""
        return cast("list[_Kind]", self._of.get(kind, []))

    def among(self, kinds: _Kinds) -> list[Event]:
        """The records of these classes, in the order of the tape."""
        present = self.kinds & kinds
        if len(present) > 1:
            return list(compress(self.records, map(present.__contains__, self.classes)))
        return [record for kind in present for record in self._of[kind]]

    def without(self, kind: type[Event]) -> "EventRun":
        """The run without the records of a class."""
        return run_of(self.among(self.kinds - {kind})) if kind in self._of else self

    def count_in(self, meters: Meters) -> None:
        """Add all events to the meters; no sample is among them.

        The events of a class that declares `change_all` are counted together, all others singly.
        """
        together = {kind for kind in self._of if "change_all" in vars(kind)}
        for kind in together:
            kind.change_all(meters, self._of[kind])
        for event in self.among({kind for kind in self._of if _counts(kind)} - together):
            event.change(meters)


def _counts(kind: type[Event]) -> bool:
    return kind.change is not Event.change


def run_of(records: Sequence[Event]) -> EventRun:
    """A run of these records."""
    return EventRun(records, list(map(type, records)))
