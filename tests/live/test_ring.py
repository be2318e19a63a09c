"""A real TPACKET_V3 ring on a real veth pair."""

import os
import socket
import threading
from collections import defaultdict
from itertools import pairwise

import pytest

from kbview.sources.linux import namespace
from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Sample
from kbview.tape.source import SourceError
from kbview.tape.tape import Tape
from tests.live.traffic import last, noted, pumped, send, told, watched

pytestmark = pytest.mark.live
ALL = {"share": 1}


def test_every_packet_is_told_in_order_with_its_bytes() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed, **ALL) as source:
        source.set_detail(Detail.STEPS)
        source.pump(tape, 0)
        send(bed, 500)
        meters = pumped(source, tape, 100, arrived=500)
    assert (meters.arrived, meters.delivered, meters.in_flight, meters.dropped) == (500, 500, 0, 0)
    assert meters.arrived_bytes == 500 * (14 + 20 + 8 + 64)
    assert meters.latency.total == 500
    recorded = [
        event.data for event in told(tape, ev.FrameRecorded) if isinstance(event, ev.FrameRecorded)
    ]
    numbers = [int.from_bytes(data[42:46], "big") for data in recorded]
    assert numbers == list(range(500))
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(tape.read(0)))


def test_a_count_of_the_events_agrees_with_the_samples() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed, **ALL) as source:
        source.set_detail(Detail.STEPS)
        source.pump(tape, 0)
        for _ in range(5):
            send(bed, 40)
            source.pump(tape, tape.end_ps + 17 * 10**9)  # into the middle of things
        meters = pumped(source, tape, 60, arrived=200)
    state, counted, sampled = State(), State(), False
    for record in tape.read(0):
        state.apply(record)
        if not (isinstance(record, Sample) and sampled):
            counted.apply(record)
        sampled |= isinstance(record, Sample)
    for each in (state, counted):
        assert each.meters.arrived == meters.arrived == 200
        assert each.meters.delivered == meters.delivered == 200
        assert each.meters.copied_bytes == meters.copied_bytes
        assert each.meters.latency == meters.latency
        assert [ring.done for ring in each.meters.rings] == [0]


def test_what_others_send_is_seen_and_what_we_send_is_not() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed) as source:
        source.pump(tape, 0)
        with bed.b.namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"outwards", (bed.a.address, 9))
        send(bed, 3)
        meters = pumped(source, tape, 80, arrived=4)
    # from a came an ICMP "port unreachable" for ours, too
    assert meters.arrived == 4


def test_a_ring_that_nobody_reads_freezes_and_its_drops_are_counted() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed, ring=2, block=4096) as source:
        source.pump(tape, 0)
        reader = source._producers[0]._reading_thread  # type: ignore[attr-defined]
        with reader._lock:  # it waits with a block in its hands
            send(bed, 2000)
        meters = pumped(source, tape, 150, arrived=2000)
        send(bed, 10)
        later = pumped(source, tape, 100, arrived=2010)
    (ring,) = meters.rings
    assert ring.freezes >= 1
    assert meters.drops == {"block/PACKET_SOCK_ERROR": meters.dropped}
    assert meters.dropped > 1000
    assert meters.arrived == meters.delivered + meters.dropped == 2000
    assert later.arrived == 2010
    assert later.delivered == meters.delivered + 10  # it thaws


def test_a_block_goes_over_when_it_is_full_or_when_its_time_is_up() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed, block=4096, **ALL) as source:
        source.set_detail(Detail.STEPS)
        source.pump(tape, 0)
        sent, retired = 0, list[ev.BlockRetired]()
        while {block.timed_out for block in retired} != {True, False} and sent < 10_000:
            send(bed, 200)  # a sender that is preempted may fill no block in time
            sent += 200
            pumped(source, tape, 100, arrived=sent)
            events = told(tape, ev.BlockRetired)
            retired = [event for event in events if isinstance(event, ev.BlockRetired)]
    assert {block.timed_out for block in retired} == {True, False}
    assert retired[-1].timed_out
    assert sum(block.packets for block in retired) == sent
    assert len(told(tape, ev.BlockReleased)) == len(retired)


def test_fanout_spreads_flows_over_rings_and_counts_each_packet_once() -> None:
    tape, rings_of_flow = Tape(), defaultdict(set)
    with Testbed() as bed, watched(bed, rings=3, **ALL) as source:
        source.set_detail(Detail.STEPS)
        source.pump(tape, 0)
        send(bed, 600, flows=30)
        meters = pumped(source, tape, 100, arrived=600)
    assert meters.arrived == meters.delivered == 600
    queue = {
        event.packet: event.queue
        for event in told(tape, ev.FrameArrived)
        if isinstance(event, ev.FrameArrived)
    }
    for event in told(tape, ev.FrameRecorded):
        assert isinstance(event, ev.FrameRecorded)
        rings_of_flow[event.data[34:36]].add(queue[event.packet])
    assert len(rings_of_flow) == 30
    assert all(len(rings) == 1 for rings in rings_of_flow.values())
    assert len(set(queue.values())) > 1


def test_beyond_the_allowance_totals_are_exact_and_the_rest_is_said_to_be_lost() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed, share=0) as source:
        source.set_detail(Detail.MILESTONES)
        source.pump(tape, 0)
        send(bed, 300)
        meters = pumped(source, tape, 100, arrived=300)
    lost = [event.count for event in told(tape, ev.EventsLost) if isinstance(event, ev.EventsLost)]
    assert sum(lost) == 300 * 3
    assert meters.arrived == meters.delivered == 300
    assert meters.arrived_bytes == pytest.approx(300 * 110, abs=300 * 8)


def test_a_viewer_who_pauses_finds_all_totals_and_no_more_memory_than_agreed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kbview.sources.interface.ring.thread._MOST_RECORDS", 100)
    tape = Tape()
    with Testbed() as bed, watched(bed, block=4096, **ALL) as source:
        source.set_detail(Detail.STEPS)
        source.pump(tape, 0)
        send(bed, 3000)
        reader = source._producers[0]._reading_thread  # type: ignore[attr-defined]
        reader.settled_ps()
        assert len(reader._pending) < 1000
        meters = pumped(source, tape, 150, arrived=3000)
    assert meters.arrived == meters.delivered + meters.dropped == 3000
    assert meters.rings[0].done == 0
    assert told(tape, ev.EventsLost)


def test_a_link_that_goes_down_and_up_is_waited_for() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed) as source:
        source.pump(tape, 0)
        _set(bed, "down")
        noted(source, tape, 1)
        assert "is down and brings nothing" in pumped(source, tape, 60).banner
        _set(bed, "up")
        notes = noted(source, tape, 2)
        assert pumped(source, tape, 60).banner == ""
        send(bed, 5)
        meters = pumped(source, tape, 60, arrived=5)
    assert [note.partition(" ")[2] for note in notes] == [
        f"is down and brings nothing; ip link set {bed.b.link} up",
        "is up again",
    ]
    assert meters.arrived >= 5


@pytest.mark.parametrize("deleted", [False, True], ids=["interface", "namespace of the other end"])
def test_an_interface_that_vanishes_ends_the_source_with_a_sentence(deleted: bool) -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed) as source:
        source.pump(tape, 0)
        send(bed, 7)
        pumped(source, tape, 60, arrived=7)
        if deleted:
            bed.a.namespace.remove()
        else:
            _set(bed, None)
        for _ in range(400):
            source.pump(tape, tape.end_ps + 50 * 10**9)
            if source.ended:
                break
    (end,) = told(tape, ev.SourceEnded)
    assert isinstance(end, ev.SourceEnded)
    assert end.note == f"{bed.b.link} is gone: somebody removed the interface"
    assert last(tape).arrived == 7


def test_our_own_namespace_deleted_underneath_stops_nothing() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed) as source:
        source.pump(tape, 0)
        namespace.remove(bed.b.namespace.name)
        send(bed, 7)
        assert pumped(source, tape, 80, arrived=7).arrived == 7


def test_others_frames_are_seen_only_when_asked_for_and_only_while_we_look() -> None:
    with Testbed() as bed:
        for promiscuous in (False, True):
            with bed.b.namespace.entered():
                source = resolve(f"live:{bed.b.link}", Choice(promiscuous=promiscuous))
            assert _promiscuity(bed) == promiscuous
            source.close()
            assert _promiscuity(bed) == 0


def test_an_interface_that_there_is_not_is_named_with_those_there_are() -> None:
    with Testbed() as bed, bed.b.namespace.entered():
        with pytest.raises(SourceError, match=f"no interface 'eth9' here; there are lo, {bed.b.link}"):
            resolve("live:eth9", Choice())
        with pytest.raises(SourceError, match="no interface ''"):
            resolve("live:", Choice())


def test_closing_leaves_no_thread_and_no_descriptor() -> None:
    with Testbed() as bed:
        threads, descriptors = threading.active_count(), os.listdir("/proc/self/fd")
        for started in (False, True):
            with watched(bed, rings=2) as source:
                if started:
                    source.pump(Tape(), 20 * 10**9)
                source.close()  # twice is once
            assert threading.active_count() == threads
            assert os.listdir("/proc/self/fd") == descriptors


def _promiscuity(bed: Testbed) -> int:
    from pyroute2 import IPRoute

    with bed.b.namespace.entered(), IPRoute() as route:
        (link,) = route.get_links(ifname=bed.b.link)
        return int(link.get_attr("IFLA_PROMISCUITY"))


def _set(bed: Testbed, state: str | None) -> None:
    from pyroute2 import IPRoute

    with bed.b.namespace.entered(), IPRoute() as route:
        index = route.link_lookup(ifname=bed.b.link)[0]
        if state is None:
            route.link("del", index=index)
        else:
            route.link("set", index=index, state=state)
