"""Markers: moments to find again, set by hand or by rule as the tape goes by."""

from bisect import bisect_left, insort
from collections.abc import Callable
from typing import NamedTuple

from kbview.tape import events as ev
from kbview.tape.event_run import EventRun
from kbview.tape.meter import Meters, Sample

# The events that a rule marks once in each stretch of one datapath, and its text.
_RULES: dict[type[ev.Event], tuple[str, str]] = {
    ev.DatapathStarted: ("datapath", "{0.datapath} begins"),
    ev.PacketDropped: ("drop", "first drop: {0.where}, {0.reason}"),
    ev.FrameMissed: ("miss", "first miss: no free descriptor"),
    ev.KsoftirqdWoken: ("ksoftirqd", "ksoftirqd takes over"),
    ev.ModeSwitched: ("mode", "first mode switch: to {0.to}, by {0.why}"),
    ev.EventsLost: ("lost", "first events lost"),
    ev.SourceEnded: ("end", "the end"),
}
# The same from meters alone, where no events are told.
_METERS: dict[str, tuple[Callable[[Meters], int], str]] = {
    "drop": (lambda meters: meters.dropped, "first drop, between two samples"),
    "miss": (lambda meters: meters.missed, "first miss, between two samples"),
}
WATCHED: frozenset[type[ev.Event]] = frozenset({*_RULES, Sample})
RULES_HELP = "a toggle, the first drop, miss and mode switch after it, ksoftirqd, lost events, the end"


class Marker(NamedTuple):
    """A moment on the tape: the position after the record that it is about."""

    position: int
    time_ps: int
    text: str


class Markers:
    """In the order of the tape. Rules look at every record that is folded; each record counts once."""

    def __init__(self) -> None:
        self.all: list[Marker] = []
        self._by_rule: dict[tuple[int, str], Marker] = {}  # by beginning of the stretch, and rule
        self._before: Meters | None = None
        self._at = 0

    def resume(self, position: int) -> None:
        """The records from `position` on follow; totals from elsewhere on the tape are not compared."""
        if position != self._at:
            self._before = None

    def pause(self, position: int) -> None:
        """The records up to `position` have been looked at."""
        self._at = position

    def watch(self, record: ev.Event, position: int, since_ps: int) -> None:
        """See whether a rule marks a record; `position` is the one after it.

        Rules are about records of the classes in WATCHED alone.
        """
        rule = _RULES.get(type(record))
        if rule is not None:
            name, text = rule
            self._mark((since_ps, name), Marker(position, record.time_ps, text.format(record)))
        elif isinstance(record, Sample):
            before, self._before = self._before or record.meters, record.meters
            for name, (total, text) in _METERS.items():
                if total(record.meters) > total(before):
                    self._mark((since_ps, name), Marker(position, record.time_ps, text))

    def watch_piece(self, piece: EventRun, position: int, since_ps: int) -> None:
        """See whether a rule marks a record of a piece of the tape; `position` is the one after it.

        The first of each class is enough: a rule marks once in a stretch.
        """
        first = position - len(piece.records)
        for kind in WATCHED & piece.kinds:
            place = piece.classes.index(kind)
            self.watch(piece.records[place], first + place + 1, since_ps)

    def _mark(self, key: tuple[int, str], marker: Marker) -> None:
        """Only the first of its kind in a stretch is kept, in whichever order the tape was seen."""
        known = self._by_rule.get(key)
        if known is None or marker.position < known.position:
            if known is not None:
                self.all.remove(known)
            self._by_rule[key] = marker
            insort(self.all, marker)

    def add(self, position: int, time_ps: int, text: str) -> Marker:
        """Set a marker by hand."""
        marker = Marker(position, time_ps, text)
        insort(self.all, marker)
        return marker

    def before(self, position: int) -> Marker | None:
        """The last marker before a position."""
        at = bisect_left(self.all, position, key=lambda marker: marker.position)
        return self.all[at - 1] if at else None

    def after(self, position: int) -> Marker | None:
        """The first marker after a position."""
        at = bisect_left(self.all, position + 1, key=lambda marker: marker.position)
        return self.all[at] if at < len(self.all) else None
