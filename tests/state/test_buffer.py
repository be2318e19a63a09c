"""The buffer's pointers move as the kernel moves them, header by header, and stay in DPDK."""

import pytest

from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.buffer import NET_SKB_PAD, RTE_PKTMBUF_HEADROOM, buffer_of, recorded
from kbview.state.journeys import JourneyEvent, Journeys
from kbview.tape import events as ev
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import CopyKind, Place
from tests.packet.frames import TCP, UDP
from tests.state.tapes import CASES, at, tape_of


def stops_of(datapath: str, frame: bytes) -> tuple[list[JourneyEvent], tuple]:  # type: ignore[type-arg]
    tape = tape_of("udp-bursts.pcap", datapath)
    state, journeys = at(tape, 3000), Journeys()
    journeys.follow(tape, state)
    packet = journeys.ended - 1  # the one before has been freed for certain
    stops = journeys.own(packet)
    told = JourneyEvent(ev.FrameRecorded(stops[0].time_ps, packet, len(frame) + 4, frame), "", 0)
    first = stops[0]._replace(event=ev.FrameArrived(stops[0].time_ps, 0, packet, len(frame) + 4))
    return [first, told, *stops[1:]], state.stations


def offsets(stops: list[JourneyEvent], stations: tuple) -> dict[str, int]:  # type: ignore[type-arg]
    """Where data stands when each step has begun, or each event happened."""
    found = {}
    for number, stop in enumerate(stops):
        buffer = buffer_of(stops[: number + 1], stations)
        if buffer.kind:
            event = stop.event
            name = event.step if isinstance(event, ev.StepTaken) else type(event).__name__
            found[name] = buffer.data
    return found


def test_the_sk_buffs_data_moves_as_headers_come_off() -> None:
    moved = offsets(*stops_of("kernel", UDP))
    assert "skb_alloc" not in moved  # the record exists when the step has ended
    assert moved["SkbAllocated"] == NET_SKB_PAD
    assert moved["napi_gro_receive"] == NET_SKB_PAD + 14
    assert moved["ip_rcv"] == NET_SKB_PAD + 14
    assert moved["udp_rcv"] == NET_SKB_PAD + 14 + 20
    assert moved["socket_enqueue"] == NET_SKB_PAD + 14 + 20 + 8
    assert list(moved.values()) == sorted(moved.values())


def test_tail_and_end_stay() -> None:
    stops, stations = stops_of("kernel", UDP)
    buffers = [buffer_of(stops[: n + 1], stations) for n in range(len(stops))]
    skbs = [buffer for buffer in buffers if buffer.kind == "sk_buff"]
    assert {(buffer.tail, buffer.size) for buffer in skbs} == {(NET_SKB_PAD + len(UDP), 2048 - 320)}
    assert buffers[0].kind == ""
    assert buffers[-1].said.startswith("The sk_buff is freed")


def test_a_vast_frame_says_that_the_rest_lies_elsewhere() -> None:
    stops, stations = stops_of("kernel", UDP + bytes(9000))
    skb = next(
        buffer
        for n in range(len(stops))
        if (buffer := buffer_of(stops[: n + 1], stations)).kind == "sk_buff"
    )
    assert "further pages" in skb.said
    assert skb.tail == skb.size


def test_the_mbufs_data_stays_where_the_nic_wrote() -> None:
    stops, stations = stops_of("dpdk", TCP)
    moved = offsets(stops, stations)
    assert moved
    assert set(moved.values()) == {RTE_PKTMBUF_HEADROOM}
    assert "pool" in buffer_of(stops, stations).said


def test_a_stack_in_user_space_moves_the_mbufs_data() -> None:
    """Caladan: net_rx_one() and udp_conn_recv() pull header after header."""
    stops, stations = stops_of("dpdk-udp", UDP)
    moved = offsets(stops, stations)
    assert moved["user_ip_in"] == RTE_PKTMBUF_HEADROOM
    assert moved["user_udp_in"] == RTE_PKTMBUF_HEADROOM + 14 + 20
    assert moved["user_enqueue"] == RTE_PKTMBUF_HEADROOM + 14 + 20 + 8
    assert list(moved.values()) == sorted(moved.values())


@pytest.mark.parametrize("datapath", ["kernel", "dpdk"])
def test_without_bytes_only_what_is_known_is_told(datapath: str) -> None:
    stops, stations = stops_of(datapath, UDP)
    blind = [stop for stop in stops if not isinstance(stop.event, ev.FrameRecorded)]
    assert recorded(blind) is None
    names = {part.name for n in range(len(blind)) for part in buffer_of(blind[: n + 1], stations).parts}
    assert names == {"Ethernet", "not recorded"}


def test_milestones_alone_tell_of_no_buffer() -> None:
    stops, stations = stops_of("kernel", UDP)
    few = [stop for stop in stops if type(stop.event) in ev.MILESTONES]
    assert "Only milestones" in buffer_of(few, stations).said


def test_a_frame_without_a_record_lies_where_it_was_copied_to_last() -> None:
    """PacketShader's engine: a cell of the ring, then the application's chunk."""
    stops, stations = stops_of("psio", UDP)
    told = [buffer_of(stops[: n + 1], stations) for n in range(len(stops))]
    assert not any(buffer.kind for buffer in told)
    said = list(dict.fromkeys(buffer.said.rstrip(".").split(";")[0] for buffer in told))
    assert said == [
        "On the wire, or in the NIC",
        "In a buffer of the ring, written by DMA",
        "Copied into the application's own memory",
    ]


def told_at_the_end(tape: Tape) -> dict[int, str]:
    """The sentence about each delivered packet of a tape, soon after its last stop."""
    said: dict[int, str] = {}
    for position in range(min(tape.length, 4000), tape.length + 4000, 4000):
        state, journeys = at(tape, min(position, tape.length)), Journeys()
        journeys.follow(tape, state)
        for packet in journeys.packets():
            stops = journeys.own(packet)
            if any(isinstance(stop.event, ev.PacketDelivered) for stop in stops):
                said.setdefault(packet, buffer_of(stops, state.stations).said)
    return said


@pytest.mark.parametrize(("word", "datapath"), CASES)
def test_a_delivered_packet_is_never_said_to_be_out_of_memory(word: str, datapath: str) -> None:
    said = told_at_the_end(tape_of(word, datapath))
    assert said
    assert not {packet for packet, text in said.items() if "not in memory" in text}


def test_a_packet_of_the_lab_lies_where_its_receiver_got_it() -> None:
    path = recording("lab.kbt")
    assert path is not None
    source = resolve(path, Choice())
    assert source.tape is not None
    said = told_at_the_end(source.tape)
    delivered = {one.packet for one in source.tape.read(0) if isinstance(one, ev.PacketDelivered)}
    source.close()
    assert set(said.values()) == {
        "Copied into the application's own memory.",
        "Copied into a ring that the application reads without a system call.",
        "Copied into a chunk of umem, which the application has mapped.",
    }
    assert said.keys() == delivered


@pytest.mark.parametrize("kind", CopyKind)
def test_every_copy_has_a_place_to_which_it_went(kind: CopyKind) -> None:
    stops = [
        JourneyEvent(ev.FrameArrived(0, 0, 1, 64), "", 0),
        JourneyEvent(ev.Copied(1, 0, 1, kind, 50), "", 1),
    ]
    assert buffer_of(stops, ()).said.startswith("Copied ")


@pytest.mark.parametrize("place", Place)
def test_a_packet_that_was_given_up_is_not_said_to_be_in_the_nic(place: Place) -> None:
    dropped = ev.PacketDropped(1, 0, 1, place, "OTHERHOST", 64)
    stops = [
        JourneyEvent(ev.FrameArrived(0, 0, 1, 64), "", 0),
        JourneyEvent(ev.XdpRan(0, 0, 1, "pass"), "", 1),
    ]
    said = buffer_of([*stops, JourneyEvent(dropped, "", 2)], ()).said
    assert said.endswith(": OTHERHOST.")
