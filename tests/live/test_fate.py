"""`live:` tells what the stack did with the packets that its ring shows."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from kbview.sources.counting import packet_counts
from kbview.sources.linux import child_process
from kbview.sources.linux.testbed import Testbed
from kbview.tape.tape import Tape
from tests.live.frames import PORT, ipv4, send_frames, udp
from tests.live.traffic import pumped, watched

pytestmark = pytest.mark.live

COUNT = 200


@pytest.fixture(autouse=True, scope="module")
def can_count() -> None:
    if (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)


@pytest.fixture
def bed() -> Iterator[Testbed]:
    with Testbed() as made:
        yield made


def test_packets_that_the_stack_drops_are_not_delivered_to_the_ring(bed: Testbed) -> None:
    tape = Tape()
    with watched(bed, fate="on") as source:
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(source, tape, 100, arrived=COUNT, seen=lambda each: each.dropped >= COUNT)
    assert (meters.arrived, meters.delivered, meters.dropped) == (COUNT, 0, COUNT)
    assert meters.drops == {"udp/NO_SOCKET": COUNT}
    assert meters.conserved()
    assert (meters.causes[0].port, meters.causes[0].count) == (f"udp :{PORT}", COUNT)
    assert 0 < meters.latency.total <= COUNT  # the ring's own, of the headers that were read


def test_a_full_socket_and_its_reader_share_what_came(bed: Testbed) -> None:
    tape = Tape()
    with bed.b.namespace.entered():
        reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with reader, watched(bed, fate="on") as source:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        reader.bind((bed.b.address, PORT))
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(source, tape, 100, arrived=COUNT)
        reader.settimeout(0)
        read = 0
        while True:
            try:
                reader.recv(100)
            except BlockingIOError:
                break
            read += 1
    assert 0 < read < COUNT
    assert meters.drops == {"socket/SOCKET_RCVBUFF": COUNT - read}
    assert meters.delivered == read


def test_a_ring_that_loses_packets_loses_none_of_the_stack_s(bed: Testbed) -> None:
    tape = Tape()
    with watched(bed, fate="on", ring=2, block=4096) as source:
        source.pump(tape, 0)
        reader = source._producers[0]._reading_thread  # type: ignore[attr-defined]
        with reader._lock:  # it waits with a block in its hands
            send_frames(bed, ipv4(bed, udp()), 2000)
        meters = pumped(source, tape, 150, arrived=2000, seen=lambda each: bool(each.gauges))
    assert meters.drops == {"udp/NO_SOCKET": 2000}
    assert meters.arrived_bytes == 2000 * 62  # the interface's own count
    (missing,) = [count for name, count in meters.gauges.items() if "ring" in name]
    assert missing > 1000


def test_where_bpf_is_refused_the_stack_s_fate_is_unknown(
    bed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr("kbview.sources.interface.fate.PacketCounts", refuse)
    tape = Tape()
    with watched(bed, fate="on") as source:
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(source, tape, 100, arrived=COUNT)
        known = source.capabilities.now(meters).meters
        assert "unknown" in source.heading.notes[0]
    assert meters.arrived == COUNT
    assert not {"delivered", "dropped", "drops"} & known


def test_the_drops_are_read_after_the_rights_were_given_up(bed: Testbed) -> None:
    words = [sys.executable, "-m", "kbview", "run", f"live:{bed.b.link}", "--json", "--until", "4s"]
    process = child_process.start(bed.b.namespace, words, stdout=subprocess.PIPE)
    try:
        time.sleep(2.5)
        send_frames(bed, ipv4(bed, udp()), COUNT)
        told, _ = process.communicate(timeout=60)
    finally:
        child_process.stop(process)
    (report,) = json.loads(told)
    if report["frames"]["arrived"] < COUNT:
        pytest.skip("it started too late for the traffic: this machine is busy")
    assert report["frames"]["dropped"] == COUNT
    assert report["drops"] == [{"where": "udp", "reason": "NO_SOCKET", "count": COUNT}]
