"""Markers: said whatever the detail; they divide a tape."""

from kbview.tape.event import Event
from kbview.tape.station import Station


class DatapathStarted(Event):
    """From here on, frames take this way; earlier ones have finished on theirs."""

    datapath: str
    summary: str
    stations: tuple[Station, ...]


class EventsLost(Event):
    """The producer could not keep up; this many events are not on the tape."""

    count: int


class SourceNoted(Event):
    """The producer has something to say to the viewer: a link went down, an application restarted."""

    note: str


class SourceEnded(Event):
    """Nothing more will come. `note` says why when it is not simply the end."""

    note: str


class EventUnknown(Event):
    """An event of a class `name` that this version does not know stands here on the tape."""

    name: str
