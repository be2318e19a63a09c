"""The buffer's pointers move as the kernel moves them, header by header, and stay in DPDK."""

import pytest

from kbview.state.buffer import NET_SKB_PAD, RTE_PKTMBUF_HEADROOM, buffer_of, recorded
from kbview.state.journeys import Journeys, Stop
from kbview.tape import events as ev
from tests.packet.frames import TCP, UDP
from tests.state.tapes import at, tape_of


def stops_of(datapath: str, frame: bytes) -> tuple[list[Stop], tuple]:  # type: ignore[type-arg]
    tape = tape_of("udp-bursts.pcap", datapath)
    state, journeys = at(tape, 3000), Journeys()
    journeys.follow(tape, state)
    packet = journeys.ended - 1  # the one before has been freed for certain
    stops = journeys.own(packet)
    told = Stop(ev.FrameRecorded(stops[0].time_ps, packet, len(frame) + 4, frame), "", 0)
    first = stops[0]._replace(event=ev.FrameArrived(stops[0].time_ps, 0, packet, len(frame) + 4))
    return [first, told, *stops[1:]], state.stations


def offsets(stops: list[Stop], stations: tuple) -> dict[str, int]:  # type: ignore[type-arg]
    """Where data stands when each step has begun."""
    found = {}
    for number, stop in enumerate(stops):
        buffer = buffer_of(stops[: number + 1], stations)
        if buffer.kind and isinstance(stop.event, ev.StepTaken):
            found[stop.event.step] = buffer.data
    return found


def test_the_sk_buffs_data_moves_as_headers_come_off() -> None:
    moved = offsets(*stops_of("kernel", UDP))
    assert moved["skb_alloc"] == NET_SKB_PAD
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
    said = list(dict.fromkeys(buffer.said.split(";")[0] for buffer in told))
    assert said == [
        "On the wire, or in the NIC",
        "In a buffer of the ring, written by DMA",
        "Copied into the application's own memory",
    ]
