"""A run: events that follow each other on a tape, to be counted together.

To count event after event costs a call and several look-ups for each. A run makes a pass over
the events of each class, which shares the cost of a look-up.
"""

from collections import defaultdict
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
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
        self._places: dict[type[Event], list[int]] = defaultdict(list)
        for place, kind in enumerate(classes):
            self._places[kind].append(place)

    @property
    def kinds(self) -> _Kinds:
        """Each class once."""
        return self._places.keys()

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """The records of a class."""
        records = self.records
        return cast("list[_Kind]", [records[place] for place in self._places.get(kind, ())])

    def among(self, kinds: _Kinds) -> list[Event]:
        """The records of these classes, in the order of the tape."""
        present, records = self.kinds & kinds, self.records
        places = [place for kind in present for place in self._places[kind]]
        if len(present) > 1:
            places.sort()
        return [records[place] for place in places]

    def without(self, kind: type[Event]) -> "EventRun":
        """The run without the records of a class."""
        return run_of(self.among(self.kinds - {kind})) if kind in self._places else self

    def count_in(self, meters: Meters) -> None:
        """Add all events to the meters; no sample is among them.

        The events of a class that declares `change_all` are counted together, all others singly.
        """
        together = {kind for kind in self._places if "change_all" in vars(kind)}
        for kind in together:
            kind.change_all(meters, self.of(kind))
        for event in self.among({kind for kind in self._places if _counts(kind)} - together):
            event.change(meters)


def _counts(kind: type[Event]) -> bool:
    return kind.change is not Event.change


def run_of(records: Sequence[Event]) -> EventRun:
    """A run of these records."""
    return EventRun(records, list(map(type, records)))
