"""The Export contract: one format that the records of a tape can be written in."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

import msgspec

from kbview.tape.event import Event

PS_PER_US = 1e6


class Export(ABC):
    """Turns records, in time order, into pieces of a file. It keeps no more than is in flight."""

    name: ClassVar[str]
    summary: ClassVar[str]

    @abstractmethod
    def pieces(self, records: Iterable[Event]) -> Iterable[bytes]:
        """The file's bytes, piece by piece."""


def fields(record: Event) -> dict[str, Any]:
    """An event's own fields by name, in their order, without its time."""
    return {
        name: msgspec.to_builtins(getattr(record, name))
        for name in record.__struct_fields__
        if name != "time_ps"
    }
