"""Pieces of a tape: records that are folded together, and records that are folded alone.

    record     e e e S e e e | e e M e       S sample   M marker   | turn of a chunk
    piece     [e e e|S|e e e]|[e e|M|e]

Nothing that a reducer answers changes its meaning inside a piece: neither the datapath, nor the detail,
nor the records that are remembered.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from kbview.tape.event_run import EventRun
from kbview.tape.events import MARKERS, Event
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample

CHUNK = 4096  # records: single packets and events are remembered for one to two of these
ALONE: frozenset[type[Event]] = frozenset({Sample, KeyFrame, *MARKERS})


def pieces(records: Sequence[Event], position: int, known: EventRun | None = None) -> list[EventRun]:
    """The records, the first of which is at `position` of the tape, in their order.

    `known` is a run of records of the same tape; if they begin with it, it is the first piece.
    """
    if known is None or not _begin_with(records, position, known):
        return _cut(records, position)
    count = len(known.records)
    return [known, *_cut(records[count:], position + count)]


def _begin_with(records: Sequence[Event], position: int, known: EventRun) -> bool:
    """Whether the run is a whole piece at the beginning of the records."""
    count = len(known.records)
    return (
        0 < count <= len(records)
        and known.records[0] is records[0]
        and known.records[-1] is records[count - 1]
        and position % CHUNK + count <= CHUNK
        and ALONE.isdisjoint(known.kinds)
    )


def _cut(records: Sequence[Event], position: int) -> list[EventRun]:
    classes: list[type[Event]] = list(map(type, records))
    alone = [place for kind in ALONE.intersection(classes) for place in _places(classes, kind)]
    turns = range(-position % CHUNK, len(records), CHUNK)
    cuts = sorted({0, len(records), *alone, *(place + 1 for place in alone), *turns})
    return [EventRun(records[begin:end], classes[begin:end]) for begin, end in pairwise(cuts)]


def _places(classes: list[type[Event]], kind: type[Event]) -> Iterator[int]:
    """The places of a class in the list."""
    place = -1
    for _ in range(classes.count(kind)):
        place = classes.index(kind, place + 1)
        yield place
