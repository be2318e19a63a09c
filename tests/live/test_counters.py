"""Counters on a veth pair, and for somebody without any rights."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from kbview.sources.counting import packet_counts
from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.veth import Address, End
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.workers.payload_stamp import template
from kbview.tape.meter import Meters, SocketMeter
from kbview.tape.source import Source
from kbview.tape.tape import Tape
from tests.live.test_live_command import WITHOUT
from tests.live.traffic import pumped, watched

pytestmark = pytest.mark.live
PORT = 9


def _counters(end: End) -> Source:
    with end.namespace.entered():
        return resolve("counters", Choice())


def _receiver(end: End, rcvbuf: int | None = None) -> socket.socket:
    with end.namespace.entered():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if rcvbuf is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    made.bind((end.address, PORT))
    made.settimeout(20)
    return made


def _sent(bed: Testbed, count: int) -> None:
    with bed.a.namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(bytes(100), (bed.b.address, PORT))


def _after(source: Source, arrived: int) -> Meters:
    return pumped(source, Tape(), 350, arrived=arrived)


def _drops_agree(meters: Meters) -> bool:
    """Whether a socket tells as many drops as the stack does."""
    dropped = meters.drops.get("socket/SOCKET_RCVBUFF", 0)
    return dropped > 0 and dropped in [socket.drops for socket in meters.sockets.values()]


def _only(meters: Meters) -> SocketMeter:
    (found,) = [meter for name, meter in meters.sockets.items() if f"udp :{PORT}" in name]
    return found


def test_datagrams_that_are_read_are_delivered() -> None:
    with Testbed() as bed, _receiver(bed.b) as receiver:
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        for _ in range(5):
            _sent(bed, 60)
            for _ in range(60):
                receiver.recv(200)
        meters = _after(source, 300)
        source.close()
    assert (meters.arrived, meters.delivered, meters.drops) == (300, 300, {})
    assert meters.arrived_bytes == 300 * 142
    assert meters.interrupts == 0  # a veth has no hardware
    assert meters.softirqs > 0
    assert {stage: meter.count for stage, meter in meters.stages.items()}["ip_rcv"] == 300
    assert sum(core.idle_ps + core.user_ps + core.syscall_ps for core in meters.cores) > 0


def test_what_nobody_reads_waits_until_it_is_dropped() -> None:
    with Testbed() as bed, _receiver(bed.b, 4096):
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        _sent(bed, 100)
        meters = pumped(source, Tape(), 350, seen=_drops_agree)  # sockets are looked at less often
        source.close()
    drops = meters.drops["socket/SOCKET_RCVBUFF"]
    waits = _only(meters)
    assert 0 < drops < 100
    assert waits.drops == drops
    assert 0 < waits.queued <= 2 * waits.rcvbuf == 2 * 8192  # the kernel doubles what was asked for
    assert meters.dropped == drops


def test_a_port_where_nobody_listens() -> None:
    with Testbed() as bed:
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        _sent(bed, 50)
        meters = _after(source, 50)
        source.close()
    assert meters.drops == {"udp/NO_SOCKET": 50}
    assert (meters.arrived, meters.delivered) == (50, 0)


def _frames(bed: Testbed, *changes: tuple[slice, bytes], sender: Address | None = None) -> None:
    """Send fifty frames of the lab's, changed so."""
    frame = bytearray(template(sender or bed.a.plain, bed.b.plain, 64))
    for where, what in changes:
        frame[where] = what
    with bed.a.namespace.entered():
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    with wire:
        wire.bind((bed.a.link, 0))
        for _ in range(50):
            wire.send(frame)


_IP_CHECKSUM, _ETHERTYPE = slice(24, 26), slice(12, 14)


@pytest.mark.parametrize(
    ("changes", "drops"),
    [
        ([(_IP_CHECKSUM, b"\x12\x34")], {"ip/IP_CSUM": 50}),
        ([(_ETHERTYPE, b"\x88\xb5")], {"link/rx_dropped": 50}),  # a protocol that nobody takes
    ],
    ids=["IP checksum", "unknown protocol"],
)
def test_fifty_drops_are_counted_once(
    changes: list[tuple[slice, bytes]], drops: dict[str, int]
) -> None:
    with Testbed() as bed:
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        _frames(bed, *changes)
        meters = _after(source, 50)
        source.close()
    assert meters.drops == drops
    assert (meters.arrived, meters.delivered, meters.in_flight) == (50, 0, 0)


def test_the_reverse_path_filter_is_told() -> None:
    """A source that no route leads back to: __fib_validate_source() says -EXDEV."""
    with Testbed() as bed:
        with bed.b.namespace.entered():
            Path("/proc/sys/net/ipv4/conf/all/rp_filter").write_text("1")
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        _frames(bed, sender=msgspec.structs.replace(bed.a.plain, address="192.0.2.7"))
        meters = _after(source, 50)
        source.close()
    assert meters.drops == {"ip/IP_RPFILTER": 50}


def test_connections_that_the_accept_queue_cannot_hold_are_told() -> None:
    with Testbed() as bed:
        with bed.b.namespace.entered():
            listener = socket.create_server((bed.b.address, PORT), backlog=0)
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        clients = []
        with bed.a.namespace.entered():
            for _ in range(5):
                client = socket.socket()
                client.setblocking(False)
                client.connect_ex((bed.b.address, PORT))
                clients.append(client)
        meters = pumped(
            source, Tape(), 350, seen=lambda meters: "tcp/TCP_LISTEN_OVERFLOW" in meters.drops
        )
        source.close()
        for each in (*clients, listener):
            each.close()
    assert meters.drops["tcp/TCP_LISTEN_OVERFLOW"] > 0
    assert "tcp/LISTENDROPS" not in meters.drops  # the same connections, counted again by the kernel


def test_beside_a_ring_they_tell_what_it_cannot_know() -> None:
    with Testbed() as bed, _receiver(bed.b, 4096), watched(bed) as source:
        tape = Tape()
        source.pump(tape, 0)
        _sent(bed, 100)
        meters = pumped(
            source,
            tape,
            400,
            arrived=100,
            seen=lambda meters: any(socket.drops for socket in meters.sockets.values()),
        )
    assert {
        "arrived",
        "latency",
        "missed",
        "cores",
        "sockets",
        "softirqs",
    } <= source.capabilities.meters
    assert meters.arrived == meters.delivered == 100  # all of them reached the tap
    assert meters.conserved()
    assert _only(meters).drops > 0  # and the socket is shown for what it is
    assert meters.gauges["context switches, whole machine"] > 0
    assert "context_switches" not in source.capabilities.meters  # they are no packet's


def test_nobody_needs_rights_for_counters() -> None:
    program = [sys.executable, "-c", WITHOUT, "run", "counters", "--until", "300ms", "--json"]
    ran = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    (report,) = json.loads(ran.stdout)
    assert (report["origin"], report["datapath"]) == ("live", "kernel")
    assert report["cores"]
    assert report["cores_shared"]
    assert report["counts"]["context_switches"] is None  # the machine's are no packet's
    assert report["bytes"]["delivered"] is None  # no counter knows them
    assert report["rates"]["delivered_bps"] is None
    assert report["stages"] == []  # they are counted, but what they cost is not known


def _reads(meters: Meters) -> int:
    """The datagrams that were read at our port; -1 where that is unknown."""
    found = _only(meters)
    return -1 if "received" in found.unknown else found.received


def test_datagrams_that_were_read_are_counted_socket_by_socket() -> None:
    """sock_recv_length is passed once a datagram; a look with MSG_PEEK takes none."""
    if (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)
    with Testbed() as bed, _receiver(bed.b) as receiver, _receiver(bed.a) as other:
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        _sent(bed, 60)
        for _ in range(60):
            receiver.recv(200, socket.MSG_PEEK)
            receiver.recv(200)
        with bed.b.namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"of another namespace", (bed.a.address, PORT))
        other.recv(200)
        meters = pumped(source, Tape(), 350, seen=lambda meters: _reads(meters) >= 60)
        source.close()
    assert _reads(meters) == 60


def test_segments_and_bytes_of_a_connection_are_counted() -> None:
    with Testbed() as bed:
        with bed.b.namespace.entered():
            listener = socket.create_server((bed.b.address, PORT))
        with bed.a.namespace.entered():
            client = socket.create_connection((bed.b.address, PORT))
        accepted = listener.accept()[0]
        source = _counters(bed.b)
        source.pump(Tape(), 0)
        for _ in range(20):
            client.sendall(bytes(50))
            accepted.recv(50)
        name = f"tcp :{PORT} {bed.a.address}:{client.getsockname()[1]}"

        def connection(meters: Meters) -> SocketMeter | None:
            return next((one for key, one in meters.sockets.items() if key.endswith(name)), None)

        def came(meters: Meters) -> bool:
            found = connection(meters)
            return found is not None and (found.received_bytes or 0) >= 1000

        meters = pumped(source, Tape(), 350, seen=came)
        source.close()
        for each in (client, accepted, listener):
            each.close()
    found = connection(meters)
    assert found is not None
    assert found.received_bytes == 1000
    assert 20 <= found.received <= 24  # segments with text; a pure ACK may be among them
    waiting = next(one for one in meters.sockets.values() if one.listens)
    assert (waiting.queued, waiting.rcvbuf, waiting.unknown) == (0, 128, ("received",))
