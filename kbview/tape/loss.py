"""What is put in the place of records that cannot be had any more."""

from kbview.tape.chunk import Chunk, chunk_of
from kbview.tape.detail import Detail
from kbview.tape.events import Event, EventsLost
from kbview.tape.index import Extent
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Meters, Sample

GAP = 2


def lost(extent: Extent, after: KeyFrame | None) -> Chunk:
    """As many records as were in a damaged chunk, so that all positions stay as they are.

    Each tells of one loss; the last is the sample that a state needs to count on from there.
    """
    records: list[Event] = [EventsLost(extent.start_ps, 1)] * extent.records
    if after is not None and extent.records > 1:
        records[-2:] = [EventsLost(extent.start_ps, 2), resumed(extent.end_ps, after)]
    return without_key(extent.first, records)


def gap(first: int, time_ps: int, missing: int, after: KeyFrame | None) -> Chunk:
    """GAP records instead of chunks of which nothing is left; `missing` records were in them."""
    told: Event = EventsLost(time_ps, 0) if after is None else resumed(time_ps, after)
    return without_key(first, [EventsLost(time_ps, missing), told])


def resumed(time_ps: int, key: KeyFrame) -> Sample:
    """The meters of a key frame as a sample."""
    return Sample(time_ps, key.meters, key.detail, key.exact)


def without_key(first: int, records: list[Event]) -> Chunk:
    """A chunk that nothing may begin at."""
    time_ps = records[0].time_ps if records else 0
    return chunk_of(first, KeyFrame(time_ps, Meters(), Detail.METERS, exact=False), records)
