"""The Export contract: one format that the records of a tape can be written in."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from kbview import __version__
from kbview.tape.event import NO_CPU, NO_LATENCY, NO_PACKET, Event
from kbview.tape.events import FrameRecorded
from kbview.tape.source import Heading

_UNKNOWN = {"cpu": NO_CPU, "packet": NO_PACKET, "latency_ps": NO_LATENCY}


class Export(ABC):
    """Turns records, in time order, into pieces of a file. It keeps no more than is in flight."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def pieces(self, records: Iterable[Event], heading: Heading) -> Iterable[bytes]:
        """The file's bytes, piece by piece, with the origin of the numbers if the format has room."""


def fields(record: Event) -> dict[str, Any]:
    """An event's own fields by name, in their order, without its time.

    An unknown core, packet or latency is None. The bytes of a frame are in hexadecimal.
    """
    told = {
        name: msgspec.to_builtins(getattr(record, name))
        for name in record.__struct_fields__
        if name != "time_ps"
    }
    for name, unknown in _UNKNOWN.items():
        if name in told and told[name] == unknown:
            told[name] = None
    if isinstance(record, FrameRecorded):
        told["data"] = record.data.hex()
    return told


def origin(heading: Heading) -> str:
    """The origin of every number of the tape, as one line: EMULATED with its profile, or LIVE."""
    first = heading.original or heading.origin
    costs = f" with costs of {heading.profile}" if heading.profile else ""
    return f"kbview {__version__}: {first.upper()}{costs}: {heading.name}"
