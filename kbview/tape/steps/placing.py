"""Places steps and events on a path: each at the first visited station of its declaration."""

from collections.abc import Iterable, Sequence

import msgspec

from kbview.tape.events import EVENTS
from kbview.tape.station import Station
from kbview.tape.steps.declaration import without_break
from kbview.tape.steps.table import STEPS

# "handler" is the interrupt's station on a path with a queue behind it: there the handler itself takes
# the frame. On other paths a softirq does.
_HANDLER, _BEHIND = "handler", "ipintrq"

_EVENTS = {kind.__name__: kind.places for kind in EVENTS if kind.places}


def resolve(stations: Sequence[Station], steps: Iterable[str]) -> tuple[Station, ...]:
    """The stations with the steps and events that happen at each of them.

    `steps` are the steps that may be taken on this path. A bypassed station has none. A step whose
    declaration names no visited station is at no station.
    """
    visited = {station.name for station in stations if not station.bypassed}
    places = {name: name for name in visited} | ({_HANDLER: "irq"} if _BEHIND in visited else {})
    found: dict[str, list[str]] = {name: [] for name in visited}
    declared = {step: STEPS[without_break(step)].stations for step in steps}
    for name, wanted in {**_EVENTS, **declared}.items():
        place = next((each for each in wanted if each in places), None)
        if place is not None:
            found[places[place]].append(name)
    return tuple(
        msgspec.structs.replace(station, steps=tuple(found.get(station.name, ())))
        for station in stations
    )
