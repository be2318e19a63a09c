"""Journeys: the events of each of the last packets, read from the tape when a screen asks.

Beside a packet's own events a journey has events of no packet in particular: the interrupt and the poll
while the packet waited in a ring, the wake-up and the system call while it waited in a socket. Such an
event is shared: it belongs to the journey of every packet that the same core worked on next.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import islice, pairwise
from operator import attrgetter
from typing import NamedTuple

from kbview.state.pieces import CHUNK
from kbview.state.positions import Positions
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event import NO_CPU
from kbview.tape.meter import Sample
from kbview.tape.station import Station
from kbview.tape.tape import Reel

MOST_SHARED = 16  # told of one wait: the last ones: an overloaded ring has many empty polls
_TIME, _POSITION = attrgetter("time_ps"), attrgetter("position")
_TURNS = frozenset({ev.ModeSwitched, ev.ContextSwitched, ev.SyscallEntered, ev.KsoftirqdWoken})
_CALLING = (ev.ModeSwitched, ev.SyscallEntered, ev.StepTaken)  # of a call, rather than of its core
_OUTWARD = frozenset({ev.FrameSent, ev.FrameRecorded})
ENDS = frozenset(  # of a journey, or of the way out
    {
        *(ev.PacketDelivered, ev.PacketDropped, ev.FrameMissed, ev.FrameSent, ev.FrameUnsent),
        ev.EndUnseen,
    }
)


class JourneyEvent(NamedTuple):
    """An event of a packet's journey, its station, "" if at none, and its position on the tape."""

    event: ev.Event
    station: str
    position: int
    shared: bool = False

    @property
    def time_ps(self) -> int:
        """When it began."""
        return self.event.time_ps

    @property
    def duration_ps(self) -> int:
        """How long a core was at work."""
        return self.event.duration_ps if isinstance(self.event, ev.StepTaken) else 0

    @property
    def ends(self) -> bool:
        """Whether the journey, or the way out, is over."""
        return type(self.event) in ENDS


def _cpu(stop: JourneyEvent) -> int:
    return int(getattr(stop.event, "cpu", NO_CPU))


def _told(stop: JourneyEvent) -> bool:
    """Whether it says where the packet was, or how it ended."""
    return bool(stop.station) or stop.ends


class Journeys:
    """Packets by number, with the events of each in the last one to two chunks of the tape.

    Where the tape holds meters alone, packets may lack their ends. They are forgotten, unless `parts`
    asks for the events that there are, such as events of a sample.
    """

    def __init__(self, *, parts: bool = False) -> None:
        self._parts = parts
        self._tape: Reel | None = None
        self._position = 0
        self._places = Positions()
        self._order: dict[str, int] = {}  # of the stations along the path
        self._stops: dict[int, list[JourneyEvent]] = {}  # by packet
        self._shared: dict[int, list[JourneyEvent]] = {}  # by cpu
        self._taken: dict[int, list[int]] = {}  # by cpu: positions where it took a packet from a socket
        self._servers: dict[int | str, int] = {}  # the cpu that empties a queue or socket
        self.ended = ev.NO_PACKET  # the last packet that came to its end

    def follow(self, tape: Reel, state: State) -> None:
        """Read on, or anew, up to the position of the state."""
        first = max(((state.position - 1) // CHUNK - 1) * CHUNK, tape.start, 0)
        if tape is not self._tape or not first <= self._position <= state.position:
            self._begin(tape, first)
        for record in islice(tape.read(self._position), state.position - self._position):
            if not self._position % CHUNK:
                self._forget(self._position - CHUNK)
            if not isinstance(record, Sample):
                self._take(record)
            elif (
                not self._parts and record.detail < Detail.MILESTONES
            ):  # the ends of these packets are not told
                self._stops, self._shared, self.ended = {}, {}, ev.NO_PACKET
            self._position += 1

    def packets(self) -> list[int]:
        """The numbers of packets with a known place or end, in order."""
        return sorted(packet for packet, stops in self._stops.items() if any(map(_told, stops)))

    def came_in(self, packet: int) -> bool:
        """Whether the packet arrived here; False for a packet that this host only sent."""
        return any(type(stop.event) not in _OUTWARD for stop in self.own(packet))

    def own(self, packet: int) -> list[JourneyEvent]:
        """The events of this packet alone."""
        return self._stops.get(packet, [])

    def beside(self, cpu: int) -> Sequence[JourneyEvent]:
        """The events of a core that belong to no packet alone, in their order on the tape."""
        return self._shared.get(cpu, [])

    def taken(self, cpu: int, first: int, last: int) -> int:
        """The number of packets that the core took from sockets between two positions of the tape."""
        positions = self._taken.get(cpu, [])
        return bisect_left(positions, last) - bisect_right(positions, first)

    def stops(self, packet: int) -> list[JourneyEvent]:
        """Its own and the shared events on its way, in the order of time."""
        own = [stop for stop in self.own(packet) if not isinstance(stop.event, ev.FrameRecorded)]
        told = [stop for at in range(len(own)) for stop in (*self._waited_for(own, at), own[at])]
        return [*told, *self._waited_for(own, len(own))]

    def _waited_for(self, own: list[JourneyEvent], at: int) -> list[JourneyEvent]:
        """Shared events of the core that goes on with the packet, since the packet's last own event."""
        if not at or own[at - 1].ends or isinstance(own[at - 1].event, ev.FrameArrived):
            return []
        shared = self._shared.get(self._worker(own, at), [])
        begin = bisect_right(shared, own[at - 1].time_ps, key=_TIME)
        end = bisect_left(shared, own[at].time_ps, key=_TIME) if at < len(own) else len(shared)
        least = self._order.get(own[at - 1].station, -1)
        ahead = (self._order.get(stop.station, -1) for stop in own[at:])
        most = next((place for place in ahead if place > least), len(self._order))
        between = [stop for stop in shared[begin:end] if self._concerns(stop, least, most)]
        return self._without_calls_of_others(between)[-MOST_SHARED:]

    def _without_calls_of_others(self, between: list[JourneyEvent]) -> list[JourneyEvent]:
        """Leave out the system calls that took other packets before the last call."""
        calls = [one.position for one in between if isinstance(one.event, ev.SyscallEntered)]
        if len(calls) < 2:
            return between
        cpu = _cpu(between[0])
        others = [(call, after) for call, after in pairwise(calls) if self.taken(cpu, call, after)]
        return [
            one
            for one in between
            if not isinstance(one.event, _CALLING)
            or not any(call <= one.position < after for call, after in others)
        ]

    def _concerns(self, stop: JourneyEvent, least: int, most: int) -> bool:
        """Whether it happened between two stations of the path, or changed the core's mode or task."""
        return type(stop.event) in _TURNS or least < self._order.get(stop.station, -1) <= most

    def _worker(self, own: list[JourneyEvent], at: int) -> int:
        """The core that went on with a packet, or will if nothing changes; -1 if unknown."""
        for stop in own[at:]:
            if (cpu := getattr(stop.event, "cpu", -1)) >= 0:
                return int(cpu)
        waits = own[-1].event
        key = getattr(waits, "socket", getattr(waits, "queue", ""))
        return self._servers.get(key, -1)

    # ---- reading ---------------------------------------------------------------------------

    def _begin(self, tape: Reel, first: int) -> None:
        self._tape, self._position, self.ended = tape, first, ev.NO_PACKET
        self._stops, self._shared, self._taken, self._servers = {}, {}, {}, {}
        started = tape.started_before(first)
        self._lay(started.stations if started else ())

    def _lay(self, stations: tuple[Station, ...]) -> None:
        self._places.lay(stations)
        self._order = {station.name: at for at, station in enumerate(stations)}

    def _forget(self, before: int) -> None:
        """Forget events before a position of the tape."""
        for kept in (self._stops, self._shared):
            for key, stops in list(kept.items()):
                kept[key] = stops[bisect_left(stops, before, key=_POSITION) :]
                if not kept[key]:
                    del kept[key]

        for cpu, taken in self._taken.items():
            self._taken[cpu] = taken[bisect_left(taken, before) :]

    def _take(self, event: ev.Event) -> None:
        if isinstance(event, ev.DatapathStarted):
            self._lay(event.stations)
            return
        packet, cpu = getattr(event, "packet", ev.NO_PACKET), getattr(event, "cpu", -1)
        shared = packet == ev.NO_PACKET
        stop = JourneyEvent(event, self._places.station_of(event), self._position, shared)
        if isinstance(event, ev.SocketDequeued):
            self._servers[event.socket] = cpu
            self._taken.setdefault(cpu, []).append(self._position)
        elif isinstance(event, (ev.IrqRaised, ev.NapiPolled, ev.BurstReceived)):
            self._servers[event.queue] = cpu
        if not shared:
            self._stops.setdefault(packet, []).append(stop)
            self.ended = packet if stop.ends and not isinstance(event, ev.FrameSent) else self.ended
        elif cpu >= 0:
            self._shared.setdefault(cpu, []).append(stop)
