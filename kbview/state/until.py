"""Until: the conditions at which a run stops. Each is asked after every folded record."""

from abc import ABC, abstractmethod

from kbview.state.state import State
from kbview.tape import events as ev


class Until(ABC):
    """A condition on the state; `what` completes "run until ..."."""

    what: str

    def begin(self, state: State) -> None:  # noqa: B027 - most have nothing to remember
        """A run starts here."""

    @abstractmethod
    def reached(self, state: State) -> bool:
        """Whether the run is to stop here."""


class Time(Until):
    """A moment of trace time."""

    def __init__(self, time_ps: int, what: str) -> None:
        self.time_ps = time_ps
        self.what = what

    def reached(self, state: State) -> bool:
        return state.now_ps >= self.time_ps


class Packet(Until):
    """The arrival of a packet; where single packets are not told, so many arrivals."""

    def __init__(self, packet: int) -> None:
        self.what = f"packet #{packet} arrives"
        self._packet = packet

    def reached(self, state: State) -> bool:
        if state.packet == ev.NO_PACKET:
            return state.meters.arrived > self._packet
        return state.packet >= self._packet


class Grown(Until):
    """One of some totals has grown since the run began, or an event told that it did."""

    def __init__(self, what: str, totals: tuple[str, ...], events: tuple[type[ev.Event], ...]) -> None:
        self.what = what
        self._totals = totals
        self._events = events
        self._from = 0
        self._last: ev.Event | None = None

    def begin(self, state: State) -> None:
        self._from, self._last = self._sum(state), state.last_event

    def reached(self, state: State) -> bool:
        event = state.last_event
        told = event is not self._last and isinstance(event, self._events)
        return told or self._sum(state) > self._from

    def _sum(self, state: State) -> int:
        return sum(getattr(state.meters, name) for name in self._totals)


class Happened(Until):
    """An event of a class is told, after the run began; a step of that name, if one is given."""

    def __init__(self, what: str, kind: type[ev.Event], step: str = "") -> None:
        self.what = what
        self._kind = kind
        self._step = step
        self._last: ev.Event | None = None

    def begin(self, state: State) -> None:
        self._last = state.last_event

    def reached(self, state: State) -> bool:
        event = state.last_event
        if event is self._last or not isinstance(event, self._kind):
            return False
        return not self._step or (isinstance(event, ev.StepTaken) and event.step == self._step)


class Level(Until):
    """A ring or a socket queue is filled to this share of its room."""

    def __init__(self, share: float) -> None:
        self.what = f"a ring or a socket queue is {100 * share:.0f} % full"
        self._share = share
        self._armed = False

    def begin(self, state: State) -> None:
        self._armed = self._level(state) < self._share

    def reached(self, state: State) -> bool:
        """Only on the way up: a queue that is full already has to empty first."""
        below = self._level(state) < self._share
        self._armed = self._armed or below
        return self._armed and not below

    def _level(self, state: State) -> float:
        meters = state.meters
        levels = [ring.done / ring.size for ring in meters.rings]
        levels += [one.queued / one.rcvbuf for one in meters.sockets.values() if one.rcvbuf]
        return max(levels, default=0.0)


def choices() -> list[Until]:
    """The conditions that the screen offers; a person types times and packets."""
    return [
        Grown(
            "a packet is dropped or missed", ("dropped", "missed"), (ev.PacketDropped, ev.FrameMissed)
        ),
        Grown("the user/kernel wall is crossed", ("mode_switches",), (ev.ModeSwitched,)),
        Grown("an interrupt comes", ("interrupts",), (ev.IrqRaised,)),
        Grown("another task runs", ("context_switches",), (ev.ContextSwitched,)),
        Level(0.5),
        Level(0.9),
    ]
