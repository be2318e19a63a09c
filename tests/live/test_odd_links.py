"""Links that are not as usual: down from the start, and without an Ethernet header."""

import contextlib
import fcntl
import os
import socket
import struct

import pytest
from pyroute2 import IPRoute

from kbview.sources.counting import packet_counts
from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.tape import Tape
from tests.live.traffic import noted, pumped, send, told, watched

pytestmark = pytest.mark.live
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
PING = bytes.fromhex("45000054000040004001000000000000000000000800f7ff00000000") + bytes(56)


def _set(bed: Testbed, state: str) -> None:
    with bed.b.namespace.entered(), IPRoute() as route:
        route.link("set", index=route.link_lookup(ifname=bed.b.link)[0], state=state)


@pytest.mark.parametrize("rings", [1, 2])
def test_a_link_that_is_down_at_first_is_waited_for(rings: int) -> None:
    tape = Tape()
    with Testbed() as bed:
        _set(bed, "down")
        with watched(bed, rings=rings) as source:
            source.pump(tape, 0)
            noted(source, tape, 1)
            _set(bed, "up")
            notes = noted(source, tape, 2)
            send(bed, 5)
            assert pumped(source, tape, 80, arrived=5).arrived >= 5
    assert [note.split()[2] for note in notes] == ["down", "up"]


def test_headers_that_are_passed_over_are_said_on_the_screen_once() -> None:
    tape = Tape()
    with Testbed() as bed, watched(bed, share=0) as source:
        source.pump(tape, 0)
        for turn in range(1, 4):
            send(bed, 20)
            pumped(source, tape, 50, arrived=20 * turn)
    notes = [event.note for event in told(tape, ev.SourceNoted) if isinstance(event, ev.SourceNoted)]
    assert [note for note in notes if "0% of a core" in note] == notes
    assert len(notes) == 1


@pytest.mark.skipif(not os.path.exists("/dev/net/tun"), reason="there is no /dev/net/tun here")
def test_a_tunnels_packets_are_recorded_with_a_link_header() -> None:
    tape = Tape()
    with Testbed() as bed, bed.b.namespace.entered():
        tunnel = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tunnel, TUNSETIFF, struct.pack("16sH22x", b"kbvtun", IFF_TUN | IFF_NO_PI))
        with IPRoute() as route:
            route.link("set", index=socket.if_nametoindex("kbvtun"), state="up")
        source = resolve("live:kbvtun", Choice(overrides=(("share", "1"),)))
        source.set_detail(Detail.MILESTONES)
        source.pump(tape, 0)
        os.write(tunnel, PING)
        meters = pumped(source, tape, 80, arrived=1)
        source.close()
        os.close(tunnel)
    (recorded,) = told(tape, ev.FrameRecorded)
    assert isinstance(recorded, ev.FrameRecorded)
    assert recorded.data == bytes(12) + b"\x08\x00" + PING
    assert meters.arrived == 1
    counted = {"ip/IP_CSUM": 1}  # the packet has none
    assert meters.drops == (counted if packet_counts.refusal() is None else {})


def test_bytes_on_loopback_are_those_that_the_interface_counts() -> None:
    """/proc/net/dev counts 128 bytes of a datagram of 100: IPv4 and UDP, no Ethernet, no FCS."""
    tape = Tape()
    with Testbed() as bed:
        with bed.b.namespace.entered(), IPRoute() as route:
            route.link("set", index=1, state="up")
        with bed.b.namespace.entered():
            source = resolve("live:lo", Choice())
            sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with contextlib.closing(source), sender, receiver:
            receiver.bind(("127.0.0.1", 0))
            source.pump(tape, 0)
            for _ in range(50):
                sender.sendto(bytes(100), receiver.getsockname())
            meters = pumped(source, tape, 80, arrived=50)
    assert (meters.arrived, meters.arrived_bytes) == (50, 50 * 128)
    assert any("the stack" in note for note in source.heading.notes)
