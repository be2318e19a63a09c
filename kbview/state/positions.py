"""Where each packet is: the station of the last step that was taken for it."""

from kbview.tape import events as ev
from kbview.tape.station import Station

_GONE = (ev.PacketDelivered, ev.PacketDropped, ev.FrameMissed, ev.FrameSent, ev.FrameUnsent)


class Positions:
    """Packets by station, and which packet is at which; known at the finest detail only."""

    def __init__(self) -> None:
        self.at: dict[int, str] = {}
        self._station_of: dict[str, str] = {}

    def lay(self, stations: tuple[Station, ...]) -> None:
        """Take over a new path; what is under way on the old one is finished."""
        self._station_of = {step: place.name for place in stations for step in place.steps}
        self.at.clear()

    def apply(self, event: ev.Event) -> None:
        """Move the event's packet, if it has one."""
        packet = getattr(event, "packet", ev.NO_PACKET)
        if packet == ev.NO_PACKET:
            return
        if isinstance(event, _GONE):
            self.at.pop(packet, None)
            return
        step = event.step if isinstance(event, ev.StepTaken) else type(event).__name__
        station = self._station_of.get(step)
        # a step after the end of the journey, such as freeing the buffer, brings nobody back
        if station and not (isinstance(event, ev.StepTaken) and packet not in self.at):
            self.at[packet] = station

    def standing(self) -> dict[str, list[int]]:
        """The packets at each station, longest there first."""
        places: dict[str, list[int]] = {}
        for packet, station in self.at.items():
            places.setdefault(station, []).append(packet)
        return places
