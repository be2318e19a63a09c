"""Where each packet is: the station of the last step that was taken for it."""

from collections.abc import Callable, Iterable

from kbview.state.reducer import Reducer
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event_run import EventRun
from kbview.tape.station import Station
from kbview.tape.steps import RESUMED, without_break

_GONE: frozenset[type[ev.Event]] = frozenset(
    {
        *(ev.PacketDelivered, ev.PacketDropped, ev.FrameMissed, ev.FrameSent, ev.FrameUnsent),
        ev.EndUnseen,
    }
)


class Positions(Reducer):
    """Packets by station, and the station of each packet; known at the finest detail only.

    A packet is forgotten two chunks of the tape after the last event that brought it somewhere.
    """

    least = Detail.STEPS

    def __init__(self) -> None:
        self._young: dict[int, str] = {}  # brought somewhere in this chunk
        self._old: dict[int, str] = {}  # in the one before
        self._station_of: dict[str, str] = {}
        self._beside: set[str] = set()
        self._reached: dict[str, str] = {}  # by step or event: the station that it brings a packet to

    def open(self, started: ev.DatapathStarted) -> None:
        self.lay(started.stations)

    def lay(self, stations: tuple[Station, ...]) -> None:
        """Take over a new path. Packets under way on the old one are finished."""
        self._station_of = {step: place.name for place in stations for step in place.steps}
        self._beside = {place.name for place in stations if place.beside}
        self._reached = {
            step + ending: name
            for step, name in self._station_of.items()
            if name not in self._beside
            for ending in ("", RESUMED)
        }
        self.clear()

    def clear(self) -> None:
        self._young, self._old = {}, {}

    def turn(self) -> None:
        self._young, self._old = {}, self._young

    def hearer(self, kind: type[ev.Event], detail: Detail) -> Callable[[ev.Event], None] | None:
        """Events without a packet are not heard; steps, two thirds of a tape, have a short way."""
        if detail < self.least or "packet" not in kind.__struct_fields__:
            return None
        if issubclass(kind, ev.StepTaken):
            return self._step
        return self.apply if kind in _GONE else self._move

    def _move(self, record: ev.Event) -> None:
        packet: int = record.packet  # type: ignore[attr-defined]  # it has one: see `hearer`
        station = self._reached.get(type(record).__name__)
        if station and packet != ev.NO_PACKET:
            known = self._young if packet in self._young else self._old
            known.pop(packet, None)
            self._young[packet] = station

    def _step(self, record: ev.Event) -> None:
        packet: int = record.packet  # type: ignore[attr-defined]  # a step has one: see `hearer`
        known = self._young if packet in self._young else self._old
        if packet in known:
            step: str = record.step  # type: ignore[attr-defined]
            known[packet] = self._reached.get(step) or known[packet]

    def apply_run(self, run: EventRun, detail: Detail) -> None:
        if detail < self.least:
            return
        brought, reached = self._brought(run.kinds), self._reached
        young, old = self._young, self._old
        stepped: dict[int, str] = {}  # by packet: its last step since it was brought somewhere
        for record in run.among({ev.StepTaken, *_GONE, *brought}):
            packet: int = record.packet  # type: ignore[attr-defined]  # its class has one
            if type(record) is ev.StepTaken:
                if record.step in reached:
                    stepped[packet] = record.step
                continue
            stepped.pop(packet, None)
            known = young if packet in young else old
            known.pop(packet, None)
            if packet != ev.NO_PACKET and type(record) in brought:
                young[packet] = brought[type(record)]
        for packet, step in stepped.items():
            known = young if packet in young else old
            if packet in known:
                known[packet] = reached[step]

    def _brought(self, kinds: Iterable[type[ev.Event]]) -> dict[type[ev.Event], str]:
        """The station to which an event brings its packet, for those of these classes that do."""
        moving = {kind for kind in kinds if "packet" in kind.__struct_fields__} - _GONE
        return {kind: name for kind in moving if (name := self._reached.get(kind.__name__))}

    def apply(self, record: ev.Event) -> None:
        """Move the event's packet, if it has one.

        A step brings no unknown packet in: it may follow the end of a journey, as a free does.
        Work at a branch beside the path leaves the packet where it is.
        """
        if isinstance(record, ev.StepTaken):
            self._step(record)
            return
        packet = getattr(record, "packet", ev.NO_PACKET)
        if packet == ev.NO_PACKET:
            return
        if type(record) in _GONE:
            known = self._young if packet in self._young else self._old
            known.pop(packet, None)
        else:
            self._move(record)

    def station_of(self, event: ev.Event) -> str:
        """The station at which such an event happens; "" when it is at none."""
        if isinstance(event, ev.StepTaken):
            return self._station_of.get(without_break(event.step), "")
        return self._station_of.get(type(event).__name__, "")

    def of(self, packet: int) -> str | None:
        """Where a packet is; None when it is not under way."""
        return self._young.get(packet, self._old.get(packet))

    @property
    def at(self) -> dict[int, str]:
        """The station of each packet, in the order of their numbers."""
        return dict(sorted({**self._old, **self._young}.items()))

    def standing(self) -> dict[str, list[int]]:
        """The packets at each station, longest under way first."""
        places: dict[str, list[int]] = {}
        for packet, station in self.at.items():
            places.setdefault(station, []).append(packet)
        return places
