"""The Event contract: something happened to a packet or a core; names are in the past tense.

Every event has `time_ps` (integer picoseconds since the run began), then its place, then the facts.
`packet` is the packet's number in the trace, from 0; `cpu` and `queue` are numbers. A new event is a
class in a module of `events/`: detail, tracepoint, meaning and its effect on the meters stand on it.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Self

import msgspec

from kbview.tape.detail import Detail

if TYPE_CHECKING:
    from kbview.tape.meter import Meters

NO_PACKET = -1
NO_LATENCY = -1  # nobody knows when it arrived
HOST_PACKETS = 1_000_000_000  # frames that the host makes itself are numbered from here
NO_CPU = -1  # hardware did it, or the source cannot know which core


class Mode(StrEnum):
    """The privilege a core runs in."""

    __hash__ = str.__hash__  # an Enum's own is a function of Python

    USER = "user"
    KERNEL = "kernel"


class Account(StrEnum):
    """The accounts of a core's time; together they are all of its time."""

    __hash__ = str.__hash__  # an Enum's own is a function of Python

    IDLE = "idle"
    HARDIRQ = "hardirq"
    SOFTIRQ = "softirq"
    KSOFTIRQD = "ksoftirqd"
    SYSCALL = "syscall"
    COPY = "copy"
    USER = "user"
    POLL_USEFUL = "poll_useful"
    POLL_EMPTY = "poll_empty"


class Meaning(NamedTuple):
    """The function of kernel, driver, library or hardware at work, "" if none, and a plain sentence.

    `function` is spelled as in the source; `why` is for a new reader.
    """

    function: str
    why: str


class Event(msgspec.Struct, array_like=True, tag=True, gc=False):
    """A thing that happened. Its class describes it completely.

    `level` is the least detail at which the event is told. `tracepoint` is the kernel's, "" if there is
    none. `places` are the names of the stations where the event puts its packet, in the order of
    preference; () if it moves no packet. `ends` are steps: the event happens at the end of such a step.
    `change` adds the event to the totals and levels of meters.
    """

    level: ClassVar[Detail] = Detail.STEPS
    tracepoint: ClassVar[str] = ""
    places: ClassVar[tuple[str, ...]] = ()
    ends: ClassVar[frozenset[str]] = frozenset()
    meaning: ClassVar[Meaning]
    time_ps: int

    def change(self, meters: "Meters") -> None:
        """Add this event to the meters; most events change none."""

    @classmethod
    def change_all(cls, meters: "Meters", events: Sequence[Self]) -> None:
        """Add events of this class, in the order of the tape.

        A class declares its own where it is frequent, and only if it sets no level that another class
        sets as well: its events are counted before or after all others of a run.
        """
        for event in events:
            event.change(meters)
