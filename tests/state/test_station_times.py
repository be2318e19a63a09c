"""The time between stations: of each packet's own moments, whole or sampled."""

from kbview.state.journeys import Journeys
from kbview.state.state import State
from kbview.state.station_times import ARRIVAL, DELIVERY, StationTimes, station_times
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event import Account, Event
from kbview.tape.meter import Meters, Sample
from kbview.tape.station import Domain, Station
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import DropReason, Place
from tests.state.tapes import at, tape_of

US = 10**6
STATIONS = (
    Station("netif_rx", Domain.KERNEL, "", ("FrameArrived",)),
    Station("stack", Domain.KERNEL, "", ("protocol_stack",)),
    Station("socket", Domain.KERNEL, "", ("SocketQueued",)),
    Station("read", Domain.KERNEL, "", ("SocketDequeued",)),
)


def story(packet: int, begun_ps: int, waits_ps: int) -> list[Event]:
    """A datagram: 1 us to the stack, 2 us in the stack, then a wait in the socket."""
    queued_ps = begun_ps + 3 * US
    read_ps = queued_ps + waits_ps
    return [
        ev.FrameArrived(begun_ps, 0, packet, 100),
        ev.StepTaken(begun_ps + US, 0, packet, "protocol_stack", 2 * US, Account.SOFTIRQ),
        ev.SocketQueued(queued_ps, 0, packet, "udp :53", 768, 212_992),
        ev.SocketDequeued(read_ps, 1, packet, "udp :53", 0),
        ev.PacketDelivered(read_ps, 1, packet, Place.APP, 100, read_ps - begun_ps),
    ]


def times_of(*stories: list[Event], detail: Detail = Detail.METERS) -> StationTimes:
    """The times of stories on a tape that holds samples of this detail."""
    tape, state = Tape(), State()
    tape.extend([ev.DatapathStarted(0, "kernel", "", STATIONS), Sample(0, Meters(), detail)])
    for events in stories:
        tape.extend([*events, Sample(events[-1].time_ps, Meters(), detail)])
    for record in tape.read(0):
        state.apply(record)
    journeys = Journeys(parts=True)
    journeys.follow(tape, state)
    return station_times(journeys, state.stations)


def test_a_sample_is_told_though_the_tape_holds_meters_alone() -> None:
    """Stories of a busy interface stand on the tape whatever its detail."""
    found = times_of(*(story(packet, 200 * US * packet, packet * US) for packet in range(1, 101)))
    assert found.packets == 100
    told = {(one.begin, one.end): one.times for one in found.stretches}
    assert list(told) == [
        *(("netif_rx", "stack"), ("stack", "socket"), ("socket", "read")),
        *(("read", DELIVERY), (ARRIVAL, DELIVERY)),
    ]
    assert told["stack", "socket"].percentile(0.99) == 2 * US
    waited, whole = told["socket", "read"], told[ARRIVAL, DELIVERY]
    assert abs(waited.percentile(0.5) - 50 * US) <= US  # a bucket is a part in 64
    assert abs(waited.percentile(0.99) - 99 * US) <= 2 * US
    assert whole.percentile(1.0) == 103 * US


def test_a_packet_that_was_dropped_or_consumed_has_no_delivery() -> None:
    arrived, climbed = story(1, US, US)[:2]
    lost = ev.PacketDropped(9 * US, 0, 1, Place.UDP, DropReason.NO_SOCKET, 100)
    consumed = ev.PacketDelivered(99 * US, 0, 2, Place.TCP, 100, 5 * US)
    found = times_of([arrived, climbed, lost], [*story(2, 90 * US, US)[:2], consumed])
    assert [(one.begin, one.end, one.times.total) for one in found.stretches] == [
        ("netif_rx", "stack", 2)
    ]


def test_no_packets_have_no_times() -> None:
    assert times_of() == StationTimes(0, [])


def test_the_stretches_of_a_packet_add_up_to_its_latency() -> None:
    """The emulator's way of a datagram: each stretch has its wait or its work, and none is left out."""
    tape = tape_of("udp-bursts.pcap", "kernel")
    state = at(tape, 3000)
    journeys = Journeys()
    journeys.follow(tape, state)
    found = station_times(journeys, state.stations)
    told = {(one.begin, one.end): one.times for one in found.stretches}
    assert told["NIC", "rx ring"].percentile(0.5) == 300_000  # DMA, as docs/steps.md prices it
    checked = 0
    for packet in journeys.packets():
        one = station_times(_only(packet, journeys), state.stations).stretches
        if one and (one[-1].begin, one[-1].end) == (ARRIVAL, DELIVERY):
            own = journeys.own(packet)
            end = next(stop.event for stop in own if stop.ends)
            assert isinstance(end, ev.PacketDelivered)
            assert one[-1].times.least == end.latency_ps
            if own[0].time_ps == end.time_ps - end.latency_ps:  # else a late record of the arrival
                assert sum(each.times.least for each in one[:-1]) == end.latency_ps
                checked += 1
    assert checked > 5


def _only(packet: int, journeys: Journeys) -> Journeys:
    """Journeys of this packet alone."""
    made = Journeys()
    made._stops = {packet: journeys.own(packet)}
    return made
