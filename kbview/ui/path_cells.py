"""The road: where on a line of so many cells the stations and the walls between domains stand.

    wire  NIC  rx ring ║ irq softirq skb IP TCP/UDP socket ║ read app
    wire  NIC  rx ring ║ irq softirq skb IP TCP/UDP socket read rx_burst mbuf app

A bypassed station keeps its place but belongs to nobody: the ground it stands on is that of the
next station which is visited, so in the second line the wall to user space has moved to the ring.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from kbview.state.flows import own_unit
from kbview.tape.station import Domain, Station
from kbview.ui.row import Row, length

_MARGIN = 1
_WALL = 2  # the wall and a space after it
_LEAST = 2
_RATE = 4  # cells of a rate without its unit: 812k
_COST = 5  # cells of a cost, from so many columns on: 310ns
_USUAL = 80


class Spot(NamedTuple):
    """A station's place: its first cell, its width with the gap after it, the ground it is on."""

    station: Station
    x: int
    width: int
    domain: Domain
    wall: bool  # whether one stands in the two cells before `x`

    @property
    def room(self) -> int:
        """Cells for a text at this place, without the gap."""
        return self.width - 1


def lay(stations: tuple[Station, ...], width: int) -> list[Spot]:
    """A spot for each station, in order, filling `width` cells as evenly as their names allow."""
    if not stations:
        return []
    domains = list(_domains(stations))
    walls = [False, *(a is not b for a, b in pairwise(domains))]
    widths = [_natural(station) + 1 for station in stations]
    fixed = _MARGIN + _WALL * sum(walls)
    # the last station needs no gap after it, but may use it
    for leasts in (
        [_LEAST if station.bypassed else room for station, room in zip(stations, widths, strict=True)],
        [_LEAST if station.bypassed else _needed(station, width) + 1 for station in stations],
        [_LEAST] * len(stations),
    ):
        _squeeze(widths, width + 1 - fixed, leasts)
    _stretch(widths, width - fixed, walls.index(True) if True in walls else 0)
    spots: list[Spot] = []
    x = _MARGIN
    for station, room, domain, wall in zip(stations, widths, domains, walls, strict=True):
        x += _WALL * wall
        spots.append(Spot(station, x, room, domain, wall))
        x += room
    return spots


def part(stations: tuple[Station, ...], width: int, focus: int | None = None) -> tuple[Station, ...]:
    """The stations to draw, side by side on the path: as many as leave each visited station its room.

    The station at index `focus` is among them. Of the parts of the same number of stations the part
    with the most grounds is taken, then a part with the application, then the first.
    """
    application = next((one for one in reversed(stations) if one.domain is Domain.USER), None)

    def worth(shown: tuple[Station, ...]) -> tuple[int, bool]:
        return len({spot.domain for spot in lay(shown, width)}), application in shown

    for count in range(len(stations), 1, -1):
        begins = (
            at for at in range(len(stations) - count + 1) if focus is None or at <= focus < at + count
        )
        parts = [stations[at : at + count] for at in begins]
        fitting = [shown for shown in parts if _has_room(lay(shown, width), width)]
        if fitting:
            return max(fitting, key=worth)
    return stations[focus or 0 :][:1]


@lru_cache(maxsize=32)
def placed(stations: tuple[Station, ...], width: int, focus: int | None = None) -> tuple[Spot, ...]:
    """The spots of the part that is drawn; they stay as they are while no datapath begins."""
    return tuple(lay(part(stations, width, focus), width))


def _has_room(spots: list[Spot], width: int) -> bool:
    return all(spot.room >= _needed(spot.station, width) for spot in spots if not spot.station.bypassed)


def unnamed(spots: list[Spot]) -> list[Spot]:
    """The bypassed spots of a stretch where not every name has room."""
    groups = groupby(spots, key=lambda spot: spot.station.bypassed)
    gone = [list(group) for bypassed, group in groups if bypassed]
    narrow = [group for group in gone if any(len(spot.station.name) > spot.room for spot in group)]
    return [spot for group in narrow for spot in group]


def singular(things: str) -> str:
    """The word for one thing: polls -> poll, batches -> batch."""
    return things.removesuffix("es") if things.endswith("ches") else things.removesuffix("s")


def _needed(station: Station, width: int) -> int:
    """Cells for the name, for a rate and its unit, and from 80 columns on for a cost of software."""
    costs = width >= _USUAL and station.domain is not Domain.HARDWARE
    return max(len(station.name), len(singular(own_unit(station))), _COST if costs else _RATE)


def wall_before(row: Row, spot: Spot, lead: int = 0, taken: int | None = None) -> int:
    """Fill up to the wall before the spot, then up to `lead` cells before the spot.

    Returns the length of the row; `taken` is its length before, where the caller knows it.
    """
    if taken is None:
        taken = length(row)
    if spot.wall:
        row += [(" " * (spot.x - 2 - taken), "text"), ("║", "wall")]
        taken = max(taken, spot.x - 2) + 1
    row.append((" " * (spot.x - lead - taken), "text"))
    return max(taken, spot.x - lead)


def regions(spots: list[Spot]) -> list[list[Spot]]:
    """The spots between one wall and the next."""
    return [list(group) for _, group in groupby(spots, key=lambda spot: spot.domain)]


def _domains(stations: tuple[Station, ...]) -> Iterator[Domain]:
    visited = [(at, station.domain) for at, station in enumerate(stations) if not station.bypassed]
    for at, station in enumerate(stations):
        ahead = next((domain for place, domain in visited if place >= at), None)
        yield ahead or (visited[-1][1] if visited else station.domain)


def _natural(station: Station) -> int:
    """Room for the name and, where packets pass, for a number: "812k", and a cost: "310ns"."""
    if station.bypassed:
        return len(station.name)
    return max(len(station.name), 4 if station.domain is Domain.HARDWARE else 5)


def _squeeze(widths: list[int], room: int, leasts: Sequence[int]) -> None:
    """Take from the widest until all fit, or each has its least."""
    while sum(widths) > room:
        spare = [at for at, least in enumerate(leasts) if widths[at] > least]
        if not spare:
            return
        widths[max(spare, key=lambda at: widths[at])] -= 1


def _stretch(widths: list[int], room: int, first: int) -> None:
    """Share spare cells evenly; the rest goes to stations after the first wall, which moves."""
    each, rest = divmod(max(0, room - sum(widths)), len(widths))
    for at in range(len(widths)):
        widths[at] += each
    later = len(widths) - first
    for at in range(rest):
        widths[first + at % later] += 1
