"""The Source contract: anything that puts events and samples on a tape."""

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar

import msgspec

from kbview.tape.cost import CostTable
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from kbview.tape.tape import Tape


class Origin(StrEnum):
    """Where the numbers come from. The screen always says it."""

    EMULATED = "emulated"
    RECORDED = "recorded"
    LIVE = "live"


class Capabilities(msgspec.Struct, frozen=True):
    """The abilities of a source. A panel that needs a missing one says so instead of drawing zeros.

    live: time passes by itself. switchable: `switch` changes the datapath of the running traffic.
    lossy: events may be lost. meters: names of the meters it can know, and of "rings", "sockets",
    "cores", "drops", "latency", "costs" (of steps), "gauges". "cores_shared": the cores'
    time is that of all programs of the machine, so it is no packet's.
    detail: the finest it can tell.
    """

    live: bool = False
    switchable: bool = False
    lossy: bool = False
    meters: frozenset[str] = frozenset()
    detail: Detail = Detail.STEPS

    def now(self, meters: Meters) -> "Capabilities":
        """The abilities at a moment: without the meters that the source has stopped to count."""
        if not meters.unknown:
            return self
        return msgspec.structs.replace(self, meters=self.meters.difference(meters.unknown))


class Heading(msgspec.Struct, frozen=True):
    """The title of a source. `profile` is the cost profile, "" where costs are measured.

    `original` is the origin of a recording's numbers, None for any other source. `costs` are the
    profile's costs, None where costs are measured. `link_bps` is the line rate in bits a second, None
    where it is unknown. `closed_loop`: clients wait for an answer before they send more, so a slower
    host is sent less. `tcp`: most of the traffic is TCP.
    """

    origin: Origin
    name: str
    profile: str = ""
    seed: int | None = None
    notes: tuple[str, ...] = ()
    original: Origin | None = None
    costs: CostTable | None = None
    link_bps: int | None = None
    closed_loop: bool = False
    tcp: bool = False

    @property
    def label(self) -> str:
        """Origin and profile as they are to stand beside every number."""
        origin = self.origin.upper()
        recorded = f"{origin}, {self.original}" if self.original else origin
        return f"{recorded} {self.profile}".rstrip()


class Knob(msgspec.Struct, frozen=True):
    """Something about the traffic that a viewer may turn up and down while it runs.

    `value` is its present value with unit; `help` a line on its effect.
    """

    name: str
    value: str
    help: str


class DatapathChoice(msgspec.Struct, frozen=True):
    """A datapath that a viewer may choose. `summary` is its one line, "" where there is none.

    `refusal` says why it cannot serve this traffic; "" if it can. `speaks_tcp`: it has a TCP of its
    own, so its numbers stand beside those of another TCP.
    """

    name: str
    summary: str = ""
    refusal: str = ""
    speaks_tcp: bool = False


class SourceError(Exception):
    """A source cannot go on. The text is one line: the fault, its place and the remedy.

    `exit_code` is the process's when it ends for this (see DESIGN: 2 configuration, 3 unreadable
    input, 4 permission missing).
    """

    def __init__(self, message: str, exit_code: int = 3) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Source(ABC):
    """Appends events to a tape, in time order, when it is pumped.

    `tape`: the one that a player shows instead of one of its own. That of a tape file holds the
    records already: `pump` only looks whether it has grown, its end may be later than `until_ps`.

    `hurried` is set, at any moment, by a caller that wants `pump` to return soon.

    `privileged`: whether it needs its rights until it is closed; else they are given up once it is
    open.

    Errors: `pump` and `switch` raise SourceError with one line for a person. `can_run` never raises.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    capabilities: Capabilities
    heading: Heading
    tape: Tape | None = None
    privileged: bool = False
    hurried: bool = False

    @abstractmethod
    def can_run(self) -> str | None:
        """None if it can run, else one sentence with the reason and the remedy."""

    @abstractmethod
    def pump(self, tape: Tape, until_ps: int, *, budget_s: float = float("inf")) -> int:
        """Append all that happened up to `until_ps` and return the time that was reached.

        It is less than `until_ps` when the source has ended or `budget_s` of real time is used up;
        the rest comes with the next call. A Sample stands on the tape at the time returned. A live
        source waits for time to pass only when the budget is endless.
        """

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Whether nothing more will come."""

    def next_ps(self) -> int | None:
        """When something will happen next, if the source can tell; None otherwise."""
        return None

    def share(self, until_ps: int | None) -> float | None:
        """The share of the way to `until_ps`, or to the end, that was gone, 0 to 1; None if unknown.

        Any thread may ask at any time.
        """
        del until_ps
        return None

    def datapaths(self) -> tuple[str, ...]:
        """The names that `switch` accepts; empty if the datapath is fixed."""
        return ()

    def choices(self) -> tuple[DatapathChoice, ...]:
        """The datapaths of `datapaths`, each with its line and the reason why `switch` refuses it."""
        return tuple(DatapathChoice(name) for name in self.datapaths())

    def switch(self, datapath: str) -> None:
        """Send the traffic that follows through another datapath; packets in flight finish first."""
        raise SourceError(f"{self.heading.name} has a fixed datapath; {datapath} cannot be chosen")

    def knobs(self) -> tuple[Knob, ...]:
        """The knobs that `turn` accepts, with their present values."""
        return ()

    def turn(self, knob: str, rungs: int) -> None:
        """Turn a knob so many rungs of its ladder up, or down if negative; at its end it stays."""
        del rungs
        raise SourceError(f"{self.heading.name} has no {knob} to change")

    def set_detail(self, detail: Detail) -> None:
        """Turn the dial; a source that has no such dial ignores it."""
        del detail

    def close(self) -> None:  # noqa: B027 - closing is optional
        """Leave nothing behind: no thread, descriptor, namespace or trace instance."""
