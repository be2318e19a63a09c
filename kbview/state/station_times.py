"""The time between neighbouring stations of a packet's way, over the packets that a tape told last.

    NIC --------> stack ------> socket ----------> read        first moment at each station
        1.2 us           0.9 us         14 us

A packet that skips a station has one stretch from the station before to the station behind it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from kbview.state.journeys import JourneyEvent, Journeys
from kbview.tape import events as ev
from kbview.tape.histogram import Histogram
from kbview.tape.station import Station
from kbview.tape.vocabulary import Place

ARRIVAL, DELIVERY = "arrival", "delivery"


class StationTime(NamedTuple):
    """From the first moment at a station to the first moment at the next: a value for each packet."""

    begin: str
    end: str
    times: Histogram


class StationTimes(NamedTuple):
    """The stretches in the order of the path, the whole way to an application last.

    `packets` is the number of packets that came in and are counted in any of them.
    """

    packets: int
    stretches: list[StationTime]


def station_times(journeys: Journeys, stations: Sequence[Station]) -> StationTimes:
    """Of the packets that the journeys hold; times are picoseconds."""
    order = {station.name: at for at, station in enumerate(stations)}
    found: dict[tuple[str, str], list[int]] = {}
    packets = 0
    for packet in journeys.packets():
        if not journeys.came_in(packet):
            continue
        own = journeys.own(packet)
        told = [*_stretches(_moments(own, order)), *_whole(own)]
        packets += bool(told)
        for begin, end, took_ps in told:
            found.setdefault((begin, end), []).append(took_ps)

    def place(pair: tuple[str, str]) -> tuple[int, int]:
        return order.get(pair[0], len(order)), order.get(pair[1], len(order))

    return StationTimes(
        packets, [StationTime(*pair, _histogram(found[pair])) for pair in sorted(found, key=place)]
    )


def _histogram(times_ps: list[int]) -> Histogram:
    made = Histogram()
    made.add(times_ps)
    return made


def _moments(stops: Sequence[JourneyEvent], order: dict[str, int]) -> list[tuple[str, int]]:
    """When the packet first was at each station, up to its end; then the delivery to an application."""
    first: dict[str, int] = {}
    for stop in stops:
        if stop.ends:
            event = stop.event
            if isinstance(event, ev.PacketDelivered) and event.where is Place.APP:
                first[DELIVERY] = stop.time_ps
            break
        if stop.station in order:
            first.setdefault(stop.station, stop.time_ps)
    return sorted(first.items(), key=lambda item: (item[1], order.get(item[0], len(order))))


def _stretches(moments: Sequence[tuple[str, int]]) -> Iterator[tuple[str, str, int]]:
    for (begin, begin_ps), (end, end_ps) in pairwise(moments):
        yield begin, end, end_ps - begin_ps


def _whole(stops: Sequence[JourneyEvent]) -> Iterator[tuple[str, str, int]]:
    """The latency of a packet that an application has, as its delivery tells it."""
    end = next((stop.event for stop in stops if stop.ends), None)
    if (
        isinstance(end, ev.PacketDelivered)
        and end.where is Place.APP
        and end.latency_ps != ev.NO_LATENCY
    ):
        yield ARRIVAL, DELIVERY, end.latency_ps
