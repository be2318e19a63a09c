"""The Producer contract: one way of watching this machine as it runs. A Watch merges several by time.

A producer sees things late: the kernel hands a block over milliseconds after its first packet. So it
says up to when it has seen everything (`settled_ps`), and hands over the events up to that time.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import msgspec

from kbview.tape.detail import Detail
from kbview.tape.events import Event
from kbview.tape.meter import Meters
from kbview.tape.station import Station


class WatchedPath(msgspec.Struct, frozen=True):
    """The path of the packets that a producer watches, as DatapathStarted describes it."""

    datapath: str
    summary: str
    stations: tuple[Station, ...]


class Producer(ABC):
    """Opens its descriptors when made, so that privileges can be dropped before it starts.

    `meters` names the meters that it can know. Errors: SourceError with one line for a person, when
    made and from `start`, `settled_ps` and `take`. Times are trace time, picoseconds.
    """

    name: ClassVar[str]
    meters: frozenset[str]
    way: WatchedPath

    @abstractmethod
    def start(self) -> None:
        """Begin to read; called once, before anything below."""

    @abstractmethod
    def settled_ps(self) -> int:
        """Look once more. All that happened before this time has been seen."""

    @abstractmethod
    def take(self, until_ps: int) -> list[Event]:
        """The events up to `until_ps`, in time order, each once; `until_ps` never goes back."""

    @abstractmethod
    def show(self, meters: Meters) -> None:
        """Set the totals and levels it knows, as they were at the time last taken.

        The first producer of a Watch comes last and has the last word: it finds the others' values.
        """

    def spent(self, cpu_s: float) -> None:  # noqa: B027 - few have an allowance
        """Taking, showing and putting on the tape took so much CPU time, of all producers together."""

    @property
    def ended(self) -> str | None:
        """None while more may come; else the sentence that says why not."""
        return None

    def told(self, detail: Detail) -> Detail:
        """The detail of which it tells all events while `detail` is asked for.

        Finer events may be told, too; the meters are not counted on by them."""
        return detail

    def set_detail(self, detail: Detail) -> None:  # noqa: B027 - a producer may have no such dial
        """Set the detail of the events from now on."""

    @abstractmethod
    def close(self) -> None:
        """Leave nothing behind: no thread, descriptor or setting. A second call does nothing."""
