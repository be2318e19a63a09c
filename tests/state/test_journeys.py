"""Journeys are whole, in the packet's order, and the same however one gets to a position."""

from itertools import pairwise

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.state.journeys import Journeys
from kbview.state.lane import Cell, lane, letters, stretches
from kbview.state.pieces import CHUNK
from kbview.tape import events as ev
from kbview.tape.station import STACK, Domain
from tests.state.tapes import CASES, at, folded, tape_of


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_the_way_does_not_matter(word: str, datapath: str) -> None:
    tape = tape_of(word, datapath)
    onward = Journeys()
    for position in range(CHUNK // 3, tape.length, 3 * CHUNK // 2):
        state = at(tape, position)
        onward.follow(tape, state)
        leapt = Journeys()
        leapt.follow(tape, state)
        assert leapt.packets() == onward.packets()
        assert leapt.ended == onward.ended
        for packet in leapt.packets()[::17]:
            assert leapt.stops(packet) == onward.stops(packet)


@pytest.mark.parametrize("datapath", DATAPATHS)
def test_a_journey_begins_with_the_arrival_and_ends_with_the_delivery(datapath: str) -> None:
    datagrams = DATAPATHS[datapath].takes_datagrams
    word, position = ("udp-bursts.pcap", 3000) if datagrams else ("http.pcap", 600)
    tape = tape_of(word, datapath)
    state = folded(tape)
    while state.position < position:
        state.apply(next(tape.read(state.position)))
    journeys = Journeys()
    journeys.follow(tape, state)
    stops = journeys.stops(journeys.ended)
    assert isinstance(stops[0].event, ev.FrameArrived)
    end = next(stop for stop in stops if stop.ends)
    assert isinstance(end.event, ev.PacketDelivered)
    assert end.time_ps - stops[0].time_ps == end.event.latency_ps
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(stops))
    order = [station.name for station in state.stations]
    alive = [stop for stop in journeys.own(journeys.ended) if stop.position < end.position]
    own = [order.index(stop.station) for stop in alive if stop.station]
    assert own == sorted(own)
    for number, stop in enumerate(stops):
        if stop.shared and stop.station:
            rest = [one.station for one in stops[number:] if one.station and not one.shared]
            furthest = max(map(order.index, rest), default=len(order))  # it may go further yet
            assert order.index(stop.station) <= furthest


def test_the_interrupt_is_part_of_the_journey_of_what_waited_for_it() -> None:
    tape = tape_of("udp-bursts.pcap", "kernel")
    journeys = Journeys()
    journeys.follow(tape, at(tape, 3000))
    shared = [
        {type(stop.event) for stop in journeys.stops(packet) if stop.shared}
        for packet in journeys.packets()
    ]
    assert any({ev.IrqRaised, ev.SoftirqEntered} <= kinds for kinds in shared)
    assert not any(stop.shared for stop in journeys.own(journeys.ended))


def test_letters_are_different_and_of_the_name_where_they_can_be() -> None:
    signs = letters((*STACK, *STACK[:0]))
    assert len(set(signs.values())) == len(STACK)
    assert all(letter in name.upper() for name, letter in signs.items())


@pytest.mark.parametrize("datapath", DATAPATHS)
def test_stretches_touch_and_a_lane_shows_every_station_at_a_fine_scale(datapath: str) -> None:
    tape = tape_of("udp-bursts.pcap", datapath)
    state = at(tape, 3000)
    journeys = Journeys()
    journeys.follow(tape, state)
    stops = journeys.stops(journeys.ended)
    found = stretches(stops, state.now_ps)
    end_ps = next(stop.time_ps for stop in stops if stop.ends)
    whole = [stretch for stretch in found if stretch.end_ps <= end_ps]
    assert all(a.end_ps == b.begin_ps for a, b in pairwise(whole))
    signs = {name: Cell(letter, Domain.KERNEL) for name, letter in letters(state.stations).items()}
    cells = lane(found, signs, found[0].begin_ps, 10_000, (end_ps - found[0].begin_ps) // 10_000 + 1)
    drawn = {cell.letter.upper() for cell in cells}
    long = {stretch.station for stretch in whole if stretch.end_ps - stretch.begin_ps > 20_000}
    assert {signs[name].letter for name in long} <= drawn
    coarse = lane(found, signs, found[0].begin_ps, end_ps, 3)
    assert coarse[0].letter != " "
    assert coarse[2].letter == " "


def test_after_the_end_nobody_waits() -> None:
    stops = Journeys()
    tape = tape_of("http.pcap", "kernel")
    state = at(tape, 1500)
    stops.follow(tape, state)
    found = stretches(stops.stops(stops.ended), state.now_ps + 10**9)
    end_ps = next(stop.time_ps for stop in stops.own(stops.ended) if stop.ends)
    assert all(stretch.busy for stretch in found if stretch.begin_ps >= end_ps)
    assert found[-1].end_ps < state.now_ps + 10**9
