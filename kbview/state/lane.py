"""A lane: a packet's journey as one row of letters against time, as pipeline viewers draw instructions.

NrrrrrrIISKKPPTTooooooooEEA        a letter for each station, in the order of the packet
upper case: a core, or the NIC, is at work on it     lower case: it waits there
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from kbview.state.journeys import JourneyEvent
from kbview.tape.events import DescriptorDone, DescriptorPosted, FrameArrived
from kbview.tape.station import Domain, Station


class Stretch(NamedTuple):
    """A time that a packet spent at a station: waiting, or `busy` with somebody working on it."""

    begin_ps: int
    end_ps: int
    station: str
    busy: bool


class Cell(NamedTuple):
    """A letter of a lane, and the domain of its station; None for a blank."""

    letter: str
    domain: Domain | None


def letters(stations: Sequence[Station]) -> dict[str, str]:
    """A letter for each visited station, different for all: the first of its name that is free."""
    taken: dict[str, str] = {}
    for station in stations:
        if not station.bypassed:
            free = [
                char for char in station.name.upper() if char.isalnum() and char not in taken.values()
            ]
            spare = (char for char in "XYZQVJHGFDCB0123456789" if char not in taken.values())
            taken[station.name] = free[0] if free else next(spare, "?")
    return taken


def stretches(stops: Sequence[JourneyEvent], now_ps: int) -> list[Stretch]:
    """Where a packet was from its first stop to its end, or to now.

    After its end only work is told, such as freeing its buffer, unless it sets out again as an answer.
    """
    found: list[Stretch] = []
    station, ended = "", False
    for stop, after in pairwise([*stops, None]):
        if stop is None:
            break
        ended = stop.ends or (ended and not isinstance(stop.event, DescriptorPosted))
        station = stop.station or station
        end_ps = max(stop.time_ps, now_ps if after is None else after.time_ps)
        worked_ps = min(stop.time_ps + stop.duration_ps, end_ps)
        if isinstance(stop.event, FrameArrived) and after and isinstance(after.event, DescriptorDone):
            worked_ps = end_ps  # by the NIC, which checks it and writes it to memory
        found.append(Stretch(stop.time_ps, worked_ps, station, True))
        if not ended:
            found.append(Stretch(worked_ps, end_ps, station, False))
    return [stretch for stretch in found if stretch.end_ps > stretch.begin_ps]


def lane(
    found: Sequence[Stretch], signs: dict[str, Cell], begin_ps: int, cell_ps: int, width: int
) -> list[Cell]:
    """A cell for each `cell_ps`: a station entered in it that was not drawn yet, else the longest."""
    cells: list[Cell] = []
    drawn = ""
    for number in range(width):
        from_ps = begin_ps + number * cell_ps
        here = [one for one in found if one.begin_ps < from_ps + cell_ps and one.end_ps > from_ps]
        fresh = [one for one in here if one.station != drawn and one.begin_ps >= from_ps]
        told = fresh or sorted(here, key=lambda one: -_overlap(one, from_ps, from_ps + cell_ps))
        cells.append(_cell(told[0], signs) if told else Cell(" ", None))
        drawn = told[0].station if told else drawn
    return cells


def _overlap(stretch: Stretch, begin_ps: int, end_ps: int) -> int:
    return min(stretch.end_ps, end_ps) - max(stretch.begin_ps, begin_ps)


def _cell(stretch: Stretch, signs: dict[str, Cell]) -> Cell:
    sign = signs.get(stretch.station, Cell(".", None))
    return sign if stretch.busy else sign._replace(letter=sign.letter.lower())
