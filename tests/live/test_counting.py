"""Programs in the kernel: accepted by the verifier, exact in total, and whole in each story."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress

import pytest

from kbview.sources.counters.subject import Subject
from kbview.sources.counting import packet_counts
from kbview.sources.counting.packet_counts import DropCause, PacketCounts
from kbview.sources.counting.station_record import StationRecord, StoryPoint
from kbview.sources.counting.stories import Stories
from kbview.sources.counting.table import COUNTS, STORIES
from kbview.sources.counting.totals import CountedTotals
from kbview.sources.linux import child_process
from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.trace.live.buffers import BufferedRecords
from kbview.sources.trace.live.symbols import Symbols
from kbview.tape.events import EndUnseen, Event, FrameArrived, PacketDelivered, PacketDropped
from kbview.tape.meter import Meters
from kbview.tape.source import Source
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import Place
from tests.live.frames import PORT, ipv4, send_frames, udp
from tests.live.inside import ip
from tests.live.traffic import last, pumped

pytestmark = pytest.mark.live

COUNT = 40


@pytest.fixture(autouse=True, scope="module")
def can_count() -> None:
    if (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)


@pytest.fixture
def bed() -> Iterator[Testbed]:
    with Testbed() as made:
        made.b.namespace.set("ipv4/conf/all/rp_filter", 1)
        made.b.namespace.set(f"ipv4/conf/{made.b.link}/rp_filter", 1)
        yield made


@contextmanager
def counting(bed: Testbed) -> Iterator[PacketCounts]:
    """The programs, on end b."""
    with bed.b.namespace.entered():
        counts = PacketCounts(socket.if_nametoindex(bed.b.link))
    with closing(counts):
        yield counts


def grown(counts: PacketCounts, before: dict[DropCause, int]) -> dict[tuple[str, str, int], int]:
    """Drops since then, by reason, function and port."""
    symbols = Symbols()
    found: dict[tuple[str, str, int], int] = {}
    for cause, number in counts.drops().items():
        if more := number - before.get(cause, 0):
            key = cause.reason, symbols.name(cause.location), cause.port
            found[key] = found.get(key, 0) + more
    return found


def until(seen: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until it is so; a busy machine brings frames late."""
    end = time.monotonic() + seconds
    while not seen() and time.monotonic() < end:
        time.sleep(0.01)


def test_the_verifier_takes_every_program_of_the_table(bed: Testbed) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with counting(bed) as counts:
        counting_only = len(os.listdir("/proc/self/fd"))
        counts.tell(1)
        with_stories = len(os.listdir("/proc/self/fd"))
        counts.tell(0)
        without = len(os.listdir("/proc/self/fd"))
    maps = 6 + 3  # Python keeps a descriptor for each mapping: the control, and both sides of the ring
    assert counting_only - before == maps + 2 * len(COUNTS)  # a program and its link each
    assert with_stories - counting_only == 2 * len(STORIES)
    assert with_stories - without == len(STORIES)  # off, and ready to go on
    assert len(os.listdir("/proc/self/fd")) == before


CAUSES: dict[str, tuple[Callable[[Testbed], bytes], int]] = {
    "NO_SOCKET": (lambda bed: ipv4(bed, udp()), PORT),
    "UDP_CSUM": (lambda bed: ipv4(bed, udp(check=0x1234)), PORT),
    "IP_CSUM": (lambda bed: ipv4(bed, udp(), wrong=1), PORT),
    "IP_INHDR": (lambda bed: b"\x41" + ipv4(bed, udp())[1:], 0),
    "IP_NOPROTO": (lambda bed: ipv4(bed, bytes(20), protocol=253), 0),
    "IP_RPFILTER": (lambda bed: ipv4(bed, udp(), source="198.51.100.7"), PORT),
    "IP_LOCAL_SOURCE": (lambda bed: ipv4(bed, udp(), source=bed.b.address), PORT),
    "IP_INVALID_SOURCE": (lambda bed: ipv4(bed, udp(), source="224.0.0.9"), PORT),
    "OTHERHOST": (lambda bed: ipv4(bed, udp()), PORT),
    "UNHANDLED_PROTO": (lambda bed: bytes(46), 0),
}


@pytest.mark.parametrize("reason", CAUSES)
def test_a_drop_is_counted_by_the_kernel_s_reason_and_by_port(bed: Testbed, reason: str) -> None:
    packet, port = CAUSES[reason]
    ethertype = 0x88B5 if reason == "UNHANDLED_PROTO" else 0x0800
    mac = "02:6b:62:76:77:77" if reason == "OTHERHOST" else ""
    with counting(bed) as counts:
        before = counts.drops()
        send_frames(bed, packet(bed), COUNT, ethertype=ethertype, mac=mac)
        until(lambda: sum(grown(counts, before).values()) >= COUNT)
        found = grown(counts, before)
    assert {(name, at) for name, _, at in found} == {(reason, port)}
    assert sum(found.values()) == COUNT
    assert all(function for _, function, _ in found)


def test_drops_of_another_namespace_are_not_ours(bed: Testbed) -> None:
    """lo has the index 1 in each namespace."""
    with bed.b.namespace.entered():
        counts = PacketCounts(1)
    with closing(counts), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        before, received = counts.drops(), counts.numbers()[0]
        for _ in range(COUNT):
            sender.sendto(b"", ("127.0.0.1", PORT))
        with bed.b.namespace.entered():
            inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with inside:
            inside.sendto(b"", (bed.b.address, PORT))  # to oneself: by lo
        until(lambda: bool(grown(counts, before)))
        assert {key[0]: count for key, count in grown(counts, before).items()} == {"NO_SOCKET": 1}
        assert counts.numbers()[0] - received == 2  # the datagram, and the answer by ICMP


def test_a_full_socket_s_drops_and_its_reads_are_all_that_was_sent(bed: Testbed) -> None:
    with bed.b.namespace.entered():
        reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with reader, counting(bed) as counts:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        reader.bind((bed.b.address, PORT))
        reader.setblocking(False)
        before = counts.drops()
        send_frames(bed, ipv4(bed, udp()), COUNT)
        until(lambda: bool(grown(counts, before)))
        read = drained(reader)
        dropped = {reason: count for (reason, _, _), count in grown(counts, before).items()}
        assert dropped == {"SOCKET_RCVBUFF": COUNT - read}
        with bed.b.namespace.entered():
            subject = Subject(bed.b.link)
        totals = CountedTotals(subject, counts, Symbols().name)
        totals.read()
        (cause,) = totals.causes()
        totals.close()
        subject.close()
    assert (cause.where, cause.port, cause.count) == (Place.SOCKET, f"udp :{PORT}", COUNT - read)


def drained(reader: socket.socket) -> int:
    """How many datagrams a socket still held."""
    count = 0
    with suppress(BlockingIOError):
        while reader.recv(100):
            count += 1
    return count


class Told:
    """The events of the stories of a piece of traffic."""

    def __init__(self, counts: PacketCounts) -> None:
        numbers = iter(range(1 << 30))
        self.stories = Stories(lambda ns: ns, Symbols().name, counts.reason, lambda: next(numbers), "b")
        self.points: list[str] = []
        self.events: list[Event] = []
        self._counts = counts

    def hear(self) -> list[str]:
        """Take what is there; the names of all points so far."""
        for values in self._counts.records():
            record = StationRecord(*values)
            self.points.append(StoryPoint(record.point).name)
            self.stories.hear(record)
        self.events += self.stories.release(1 << 62)
        return self.points


def test_a_datagram_is_followed_from_the_device_to_its_reader(bed: Testbed) -> None:
    with bed.b.namespace.entered():
        reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with reader, counting(bed) as counts:
        reader.bind((bed.b.address, PORT))
        reader.settimeout(20)
        counts.tell(1)
        told = Told(counts)
        send_frames(bed, ipv4(bed, udp()), 1)
        reader.recv(100)
        told.hear()
    assert told.points == ["FIRST", "RECEIVED", "QUEUED", "READ"]
    (delivered,) = [event for event in told.events if isinstance(event, PacketDelivered)]
    assert (delivered.where, delivered.length) == (Place.APP, 14 + 20 + 28)  # as rx_bytes counts it
    assert 0 < delivered.latency_ps < 20 * 10**12
    assert told.stories.latency.total == 1


def test_the_read_that_took_a_packet_is_found_behind_others(bed: Testbed) -> None:
    """A queue of eight datagrams, the last of them followed: its story ends with the eighth read."""
    with bed.b.namespace.entered():
        reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with reader, counting(bed) as counts:
        reader.bind((bed.b.address, PORT))
        reader.settimeout(20)
        send_frames(bed, ipv4(bed, udp()), 7)
        until(lambda: counts.numbers()[0] >= 7)
        counts.tell(1)
        told = Told(counts)
        send_frames(bed, ipv4(bed, udp()), 1)
        until(lambda: counts.numbers()[0] >= 8)
        for _ in range(7):
            reader.recv(100)
        assert "READ" not in told.hear()
        reader.recv(100)
        told.hear()
    assert told.points[-1] == "READ"


def test_a_stream_s_segments_are_read_by_bytes_and_acknowledgements_are_tcp_s(bed: Testbed) -> None:
    with bed.b.namespace.entered():
        server = socket.create_server((bed.b.address, PORT))
    with server, counting(bed) as counts:
        with bed.a.namespace.entered():
            client = socket.socket()
        with client:
            client.connect((bed.b.address, PORT))
            connection, _ = server.accept()
            with connection:
                counts.tell(1)
                told = Told(counts)
                client.sendall(bytes(100))
                connection.recv(60)
                assert "READ" not in told.hear()
                connection.recv(60)
                connection.sendall(bytes(50))  # the answer is acknowledged
                until(lambda: "TAKEN" in told.hear())
        counts.tell(0)
    assert told.points.count("READ") == 1
    assert told.points.count("TAKEN") >= 1
    assert told.stories.kernel_latency.total >= 1


def test_a_dropped_packet_s_story_has_the_reason(bed: Testbed) -> None:
    with counting(bed) as counts:
        counts.tell(1)
        told = Told(counts)
        send_frames(bed, ipv4(bed, udp()), 1)
        until(lambda: "DROPPED" in told.hear())
    (dropped,) = [event for event in told.events if isinstance(event, PacketDropped)]
    assert (dropped.where, dropped.reason) == (Place.UDP, "NO_SOCKET")


def test_one_packet_in_sixteen_is_told_and_each_to_its_end(bed: Testbed) -> None:
    """Binomial: 4,000 packets at 1/16 are 250, and five standard deviations are 77."""
    with counting(bed) as counts:
        counts.tell(16)
        told = Told(counts)
        for _ in range(40):
            send_frames(bed, ipv4(bed, udp()), 100)
            told.hear()
        until(lambda: counts.numbers()[0] >= 4000)
        told.hear()
    first = sum(isinstance(event, FrameArrived) for event in told.events)
    assert 250 - 77 < first < 250 + 77
    assert sum(isinstance(event, PacketDropped) for event in told.events) == first


# ---- the source ----------------------------------------------------------------------------------


@contextmanager
def traced(bed: Testbed, *settings: tuple[str, str]) -> Iterator[Source]:
    """`trace:` on end b, read in its namespace."""
    with bed.b.namespace.entered():
        source = resolve(f"trace:{bed.b.link}", Choice(overrides=settings))
        with closing(source):
            yield source


def flood(bed: Testbed, source: Source, tape: Tape, count: int) -> Meters:
    """Frames to a closed port at some ten thousand a second, pumped meanwhile; the last meters."""
    packet = ipv4(bed, udp())
    source.pump(tape, 0)
    for _ in range(count // 500):
        send_frames(bed, packet, 500)
        source.pump(tape, 1 << 62, budget_s=0)
    return pumped(
        source, tape, 100, seen=lambda meters: meters.arrived >= count and bool(meters.banner)
    )


def link_counter(bed: Testbed, name: str) -> int:
    with bed.b.namespace.entered():
        subject = Subject(bed.b.link)
    with closing(subject):
        return int(getattr(subject.counts(), name))


def test_under_load_totals_are_exact_and_what_only_events_tell_is_unknown(bed: Testbed) -> None:
    tape = Tape()
    with traced(bed) as source:
        before = link_counter(bed, "rx_packets")
        meters = flood(bed, source, tape, 20_000)
        assert link_counter(bed, "rx_packets") - before == meters.arrived == 20_000
        known = source.capabilities.now(meters).meters
    assert meters.drops == {"udp/NO_SOCKET": 20_000}
    assert meters.dropped == 20_000
    assert meters.delivered == meters.unseen == 0
    assert not {"copies", "syscalls", "costs"} & known
    assert {"arrived", "dropped", "drops", "latency"} <= known
    assert "1 packet of" in meters.banner
    (cause,) = meters.causes
    assert (cause.reason, cause.port, cause.count) == ("NO_SOCKET", f"udp :{PORT}", 20_000)
    told = [event for event in tape.read(0) if isinstance(event, PacketDropped | EndUnseen)]
    assert told


def test_without_stories_only_drops_are_counted_and_polls_are_unknown(bed: Testbed) -> None:
    tape = Tape()
    with traced(bed, ("stories", "off")) as source:
        meters = flood(bed, source, tape, 5_000)
        known = source.capabilities.now(meters).meters
    assert (meters.arrived, meters.drops) == (5_000, {"udp/NO_SOCKET": 5_000})
    assert not {"polls", "empty_polls", "copies"} & known
    assert meters.banner == "totals are exact; no packet is told"


def test_a_quiet_interface_is_told_packet_by_packet_without_a_banner(bed: Testbed) -> None:
    tape = Tape()
    with traced(bed) as source:
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), 5)
        meters = pumped(source, tape, 100, arrived=5)
        assert source.capabilities.now(meters) is source.capabilities
    assert (meters.arrived, meters.dropped, meters.banner) == (5, 5, "")
    assert meters.causes[0].count == 5


def test_without_bpf_what_the_tracepoints_missed_is_unknown(
    bed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr("kbview.sources.counting.opening.PacketCounts", refuse)
    monkeypatch.setattr("kbview.sources.trace.live.producer._share", lambda: 8)
    tape = Tape()
    with traced(bed) as source:
        meters = flood(bed, source, tape, 10_000)
        known = source.capabilities.now(meters).meters
    assert meters.arrived == 10_000
    assert not {"dropped", "drops", "delivered"} & known
    assert meters.banner.startswith("seen ")
    assert "of 10,000 packets" in meters.banner


def test_records_that_wait_to_be_read_are_said_in_seconds(
    bed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "no")

    monkeypatch.setattr("kbview.sources.counting.opening.PacketCounts", refuse)
    monkeypatch.setattr("kbview.sources.trace.live.producer._share", lambda: 8)
    tape = Tape()
    with traced(bed) as source:
        flood(bed, source, tape, 10_000)
        leader = source._producers[0]  # type: ignore[attr-defined] # the watch keeps it to itself
        heard_ps = leader._heard_ps
        monkeypatch.setattr(leader, "settled_ps", lambda: heard_ps)
        time.sleep(0.5)
        source.pump(tape, 1 << 62, budget_s=0)
    said = re.search(r"packets, (\d+\.\d) s behind: ", last(tape).banner)
    assert said is not None, last(tape).banner
    assert float(said[1]) >= 0.5
    assert last(tape).drops == {}


def test_functions_of_drops_are_named_after_the_rights_were_given_up(bed: Testbed) -> None:
    """`run` keeps the capabilities that it needs and no other: /proc/kallsyms takes CAP_SYSLOG."""
    words = [sys.executable, "-m", "kbview", "run", f"trace:{bed.b.link}", "--json", "--until", "4s"]
    process = child_process.start(bed.b.namespace, words, stdout=subprocess.PIPE)
    try:
        for _ in range(40):
            send_frames(bed, ipv4(bed, udp()), 10)
            time.sleep(0.1)
        told, _ = process.communicate(timeout=60)
    finally:
        child_process.stop(process)
    (report,) = json.loads(told)
    if not report["frames"]["arrived"]:
        pytest.skip("it started too late for the traffic: this machine is busy")
    assert {(drop["where"], drop["reason"]) for drop in report["drops"]} == {("udp", "NO_SOCKET")}


@pytest.mark.parametrize("stories", ["on", "off"])
def test_a_link_that_is_down_is_said_until_it_is_up(bed: Testbed, stories: str) -> None:
    tape = Tape()
    with traced(bed, ("stories", stories)) as source:
        source.pump(tape, 0)
        ip(bed.b.namespace.name, "link", "set", bed.b.link, "down")
        meters = pumped(source, tape, 100, seen=lambda meters: "is down" in meters.banner)
        assert f"{bed.b.link} is down and brings nothing" in meters.banner
        ip(bed.b.namespace.name, "link", "set", bed.b.link, "up")
        meters = pumped(source, tape, 100, seen=lambda meters: "is down" not in meters.banner)
        assert "is down" not in meters.banner


def test_totals_are_exact_while_recorded_packets_are_read_late(
    bed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine the reader of a quiet interface is seconds late; the counters are not."""
    tape = Tape()

    def looked(seen: Callable[[Meters], bool]) -> Meters:
        for _ in range(400):
            source.pump(tape, 1 << 62, budget_s=0)
            if seen(last(tape)):
                break
            time.sleep(0.05)
        return last(tape)

    with traced(bed) as source:
        source.pump(tape, 0)
        buffers = source._producers[0]._trace._reader  # type: ignore[attr-defined]  # to be late
        read, long_ago_ns = buffers.read, time.monotonic_ns() - 3 * 10**9
        monkeypatch.setattr(buffers, "read", lambda: BufferedRecords([], long_ago_ns))
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = looked(lambda each: each.dropped >= COUNT)
        assert (meters.arrived, meters.dropped) == (COUNT, COUNT)
        assert re.search(r"totals are exact; .*every packet is told, \d+\.\d s behind$", meters.banner)
        assert "syscalls" in meters.unknown
        monkeypatch.setattr(buffers, "read", read)
        meters = looked(lambda each: not each.banner)
        assert (meters.arrived, meters.dropped, meters.unknown) == (COUNT, COUNT, ())
