"""A block tells the same, walked in any manner."""

import random

import pytest

from kbview.sources.interface.ring.parse import Manner, Moment, measure, tell
from kbview.sources.interface.ring.policy import BlockPolicy
from kbview.sources.interface.ring.totals import KIND, RingSum, RingTotals
from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.block import ETHERNET, LOOPBACK, ON_WIRE, TUNNEL
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, RingMeter
from tests.sources.linux.packet_ring.blocks import SECOND, block, frame

SEEN_PS = 10**9
MOMENT = Moment(0, 1, SEEN_PS, -SECOND * 10**9, True)
LENGTHS = [60, 64, 1514, 200, 61, 42]


def _booked(detail: Detail, share: float, lengths: list[int]) -> tuple[Meters, BlockPolicy, int]:
    policy = BlockPolicy(RingSettings(share=share), ETHERNET)
    policy.detail = detail
    totals, meters, lost = RingTotals([RingMeter(0, 4, kind=KIND)]), Meters(), 0
    for _ in range(2):
        records = policy.of(*block([frame(length) for length in lengths]), MOMENT)
        totals.book(records)
        lost += sum(record.lost for record in records if isinstance(record, RingSum))
    totals.show(meters)
    return meters, policy, lost


def test_the_layout_is_that_of_the_kernels_header() -> None:
    """include/uapi/linux/if_packet.h on a 64-bit machine."""
    assert layout.STATUS + layout.BLOCK.size == layout.BLOCK_HEADER == 48
    assert layout.PACKET.size == 38
    assert layout.BRIEF.size == 32
    assert layout.REQUEST.size == 28


def test_lengths_are_those_on_the_wire_with_fcs() -> None:
    assert [ON_WIRE.length(length, 0) for length in (14, 60, 61, 1514)] == [64, 64, 65, 1518]


def test_a_vlan_tag_that_the_kernel_took_off_was_on_the_wire() -> None:
    """802.1Q: 1,522 bytes with FCS; tp_status says TP_STATUS_VLAN_VALID."""
    assert ON_WIRE.length(1514, layout.TP_STATUS_VLAN_VALID) == 1522


def test_an_interface_counts_frames_without_fcs() -> None:
    """rtnl_link_stats64.rx_bytes in linux/if_link.h; a VLAN tag is counted."""
    assert ETHERNET.length(60, 0) == 60
    assert ETHERNET.length(1514, layout.TP_STATUS_VLAN_VALID) == 1518


def test_loopback_and_tunnels_have_no_fcs_and_loopback_no_ethernet_header() -> None:
    """loopback_xmit() counts skb->len behind eth_type_trans(): 128 bytes where the ring says 142."""
    assert LOOPBACK.length(142, 0) == 128
    assert TUNNEL.length(60, 0) == 60


def test_measuring_adds_up_what_telling_says_one_by_one() -> None:
    memory, made = block([frame(length) for length in LENGTHS])
    events = tell(memory, made, MOMENT, 5, Manner(True, 128, ETHERNET))
    found = measure(memory, made, ETHERNET)
    arrived = [event for event in events if isinstance(event, ev.FrameArrived)]
    assert [event.packet for event in arrived] == list(range(5, 5 + len(LENGTHS)))
    assert [event.length for event in arrived] == LENGTHS
    assert sum(event.length for event in arrived) == found.wire
    copied = [event.length for event in events if isinstance(event, ev.Copied)]
    assert copied == LENGTHS
    assert sum(LENGTHS) == found.captured
    assert found.flows == {7, 8, 9}


def test_a_packet_arrives_when_the_kernel_stamped_it_and_is_delivered_when_it_was_read() -> None:
    memory, made = block([frame()] * 3, gap_ns=200_000)
    events = tell(memory, made, MOMENT, 0, Manner(False, 0, ETHERNET))
    assert [event.time_ps for event in events] == [0, 200 * 10**6, 400 * 10**6, *[SEEN_PS] * 3]
    latencies = [event.latency_ps for event in events if isinstance(event, ev.PacketDelivered)]
    assert latencies == [SEEN_PS, SEEN_PS - 200 * 10**6, SEEN_PS - 400 * 10**6]


def test_a_clock_set_back_or_forward_makes_no_time_travel() -> None:
    memory, made = block([frame()] * 2)
    for seconds in (-3600, 3600):
        moment = MOMENT._replace(offset_ns=MOMENT.offset_ns + seconds * 10**9)
        for event in tell(memory, made, moment, 0, Manner(True, 0, ETHERNET)):
            assert 0 <= event.time_ps <= SEEN_PS
            assert getattr(event, "latency_ps", 0) >= 0


def test_recorded_bytes_have_their_link_header_and_tag_back() -> None:
    data = frame(80)
    tagged = block([data], status=1 | layout.TP_STATUS_VLAN_VALID, tag=42)
    for (memory, made), framing, expected in (
        (block([data]), ETHERNET, data[:40]),
        (tagged, ETHERNET, (data[:12] + b"\x81\x00\x00\x2a" + data[12:])[:44]),
        (block([data]), TUNNEL, bytes(12) + b"\x86\xdd" + data[:40]),  # a tunnel's: no header at all
    ):
        events = tell(memory, made, MOMENT, 0, Manner(False, 40, framing))
        recorded = [event for event in events if isinstance(event, ev.FrameRecorded)]
        assert [event.data for event in recorded] == [expected]


@pytest.mark.parametrize("detail", Detail)
def test_totals_do_not_depend_on_detail(detail: Detail) -> None:
    meters, _, lost = _booked(detail, 1.0, LENGTHS)
    assert not lost
    assert meters.arrived == meters.delivered == meters.copies == 2 * len(LENGTHS)
    assert meters.arrived_bytes == 2 * sum(LENGTHS)
    assert meters.latency.total
    if detail is not Detail.MILESTONES:  # there the copied bytes come from the block's length
        assert meters.copied_bytes == 2 * sum(LENGTHS)


@pytest.mark.parametrize("detail", Detail)
def test_without_allowance_packets_are_counted_and_bytes_are_near(detail: Detail) -> None:
    lengths = random.Random(5).choices(range(60, 1515), k=40)
    meters, policy, lost = _booked(detail, 0.0, lengths)
    assert meters.arrived == meters.delivered == policy.passed_over == 80
    assert lost == {Detail.METERS: 0, Detail.MILESTONES: 240, Detail.STEPS: 320}[detail]
    assert meters.arrived_bytes == pytest.approx(2 * sum(lengths), abs=80 * layout.ALIGNMENT)
    assert not meters.latency.total
