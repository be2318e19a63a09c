"""kbview's numbers are those of /proc/net/dev, nstat and ss, at bounded loads."""

import socket
import time
from contextlib import ExitStack, closing

import pytest

from benchmarks.agreement import MOST, SOURCES, differences, lacking, watched
from benchmarks.loads import ASK, FLOOD, IPERF, REDIS, SINK, STREAM, Load
from kbview.sources.counting import packet_counts
from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.events import EndUnseen
from kbview.tape.tape import Tape
from tests.live.frames import PORT, ipv4, send_frames, udp
from tests.live.traffic import MS, pumped, send, told
from tests.live.traffic import watched as ring_of

pytestmark = pytest.mark.live

LOADS = (
    Load("redis", "10 clients", ASK + "-c 10 -n 10000", REDIS),
    Load("iperf3", "200 Mbit/s", STREAM + "--time 1 --bitrate 200M", IPERF),
    Load("udp", "slow reader", FLOOD + "10000 1", SINK + "5000"),
    Load("udp", "closed port", FLOOD + "10000 1"),
)


def named(load: object) -> str:
    return f"{load.workload} {load.load}" if isinstance(load, Load) else str(load)


@pytest.mark.parametrize("name", SOURCES)
@pytest.mark.parametrize("place", ["lo", "veth"])
@pytest.mark.parametrize("load", LOADS, ids=named)
def test_totals_are_the_kernel_s_within_two_percent(load: Load, place: str, name: str) -> None:
    if absent := lacking(load):
        pytest.skip(f"{absent} is not installed")
    if name != "counters" and (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)
    meters, kernel = watched(load, name, loopback=place == "lo")
    assert kernel.packets > 100
    found = differences(meters, kernel)
    assert {"arrived", "delivered", "dropped"} <= set(found)
    assert {key: share for key, share in found.items() if abs(share) > MOST} == {}


def test_bytes_of_headers_that_were_not_read_are_those_of_the_interface() -> None:
    """A block's length says what its packets take with header and padding, not their own length."""
    tape = Tape()
    with Testbed() as bed, ring_of(bed, share=0) as source:
        source.pump(tape, 0)
        send(bed, 300, size=1000)
        meters = pumped(source, tape, 100, arrived=300)
        known = source.capabilities.now(meters).meters
    assert meters.arrived_bytes == 300 * (14 + 20 + 8 + 1000)
    assert "delivered_bytes" not in known


def test_loopback_of_another_namespace_adds_nothing_to_the_totals() -> None:
    """A tracepoint tells the interface's name, and each namespace has a `lo`."""
    tape = Tape()
    with ExitStack() as held:
        bed = held.enter_context(Testbed())
        held.enter_context(bed.b.namespace.entered())
        source = held.enter_context(closing(resolve("trace:lo", Choice())))
        own = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        with bed.a.namespace.entered():
            other = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        source.pump(tape, 0)
        for _ in range(100):
            other.sendto(b"", ("127.0.0.1", 9))
        own.sendto(b"", ("127.0.0.1", 9))
        meters = pumped(source, tape, 300, seen=lambda each: "another namespace" in each.banner)
    assert "packets of another namespace's lo are told, too" in meters.banner
    assert meters.arrived == 2  # the datagram, and the answer by ICMP
    assert meters.arrived_bytes == 28 + 56


def test_a_viewer_behind_the_present_sees_a_busy_trace_end_in_order() -> None:
    """When records end, packets under way end unseen: now, which such a viewer has not reached."""
    tape = Tape()
    with ExitStack() as held:
        bed = held.enter_context(Testbed())
        held.enter_context(bed.b.namespace.entered())
        reader = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        reader.bind((bed.b.address, PORT))
        source = held.enter_context(closing(resolve(f"trace:{bed.b.link}", Choice())))
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), 3)  # nobody reads them
        pumped(source, tape, 100, arrived=0, seen=lambda each: each.arrived >= 3)
        send(bed, 3000)
        time.sleep(0.6)  # the rate is looked at twice a second
        for _ in range(3):
            source.pump(tape, tape.end_ps + MS, budget_s=0)
        assert not told(tape, EndUnseen)
        meters = pumped(source, tape, 100, seen=lambda _: bool(told(tape, EndUnseen)))
    assert meters.arrived == 3003
    assert len(told(tape, EndUnseen)) >= 3
