"""Markers: told at every detail; they divide a tape."""

from kbview.tape.detail import Detail
from kbview.tape.event import Event, Meaning
from kbview.tape.station import Station


class DatapathStarted(Event):
    """From here on, frames take this way; earlier ones have finished on theirs."""

    datapath: str
    summary: str
    stations: tuple[Station, ...]

    level = Detail.METERS
    meaning = Meaning("", "From here on frames take this datapath.")


class EventsLost(Event):
    """The producer could not keep up; `count` events are not on the tape, 0 if nobody counted them."""

    count: int

    level = Detail.METERS
    meaning = Meaning("", "The producer could not keep up: events are missing here.")


class SourceNoted(Event):
    """The producer has something to say to the viewer: a link went down, an application restarted."""

    note: str

    level = Detail.METERS
    meaning = Meaning("", "The source has a message for the viewer.")


class SourceEnded(Event):
    """Nothing more will come. `note` says why when it is not simply the end."""

    note: str

    level = Detail.METERS
    meaning = Meaning("", "Nothing more will come.")


class EventUnknown(Event):
    """An event of a class `name` that this version does not know stands here on the tape."""

    name: str

    level = Detail.METERS
    meaning = Meaning("", "A later version of kbview wrote this event.")
