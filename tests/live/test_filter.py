"""A filter takes the same frames in the kernel as in Python: for a ring, and for counting programs."""

import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kbview.packet.filter.filter_parser import parse_filter
from kbview.packet.filter.filter_verdict import FilterSubject, decide, verdict_of
from kbview.sources.counting import packet_counts, pieces
from kbview.sources.counting.packet_counts import PacketCounts
from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.detail import Detail
from kbview.tape.events import DatapathStarted, FrameArrived
from kbview.tape.source import SourceError
from kbview.tape.tape import Tape
from tests.live.frames import PORT, ipv4, send_frames, udp
from tests.live.test_counting import until
from tests.live.traffic import pumped, watched
from tests.packet.filter.sample_frames import frames

pytestmark = pytest.mark.live
FRAMES = frames()
FILTERS = (
    "tcp",
    "not tcp",
    "tcp port 80 or 443",
    "udp and src portrange 50-90",
    "host 10.0.0.1 and not arp",
    "net 10.0.0.0/8 or ip6",
    "src host 2001:db8::1",
    "ether src 02:00:00:00:00:02",
    "vlan",
    "vlan 5",
    "vlan and tcp",
    "vlan 5 and vlan 6",
    "not vlan 5 or arp",
    "len > 120",
    "less 64 and not multicast",
    "icmp or icmp6 or sctp",
)


def wanted(text: str) -> int:
    """How many of the frames Python's verdict takes."""
    verdict = verdict_of(parse_filter(text))
    return sum(decide(verdict, FilterSubject(frame, len(frame))) for frame in FRAMES)


def send_all(bed: Testbed) -> None:
    """The frames as they are, out of end a."""
    with bed.a.namespace.entered(), socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((bed.a.link, 0))
        for frame in FRAMES:
            sender.send(frame)


@pytest.fixture(scope="module")
def bed() -> Iterator[Testbed]:
    with Testbed() as made:
        yield made


@pytest.mark.parametrize("text", FILTERS)
def test_a_ring_gets_the_frames_that_the_filter_takes(bed: Testbed, text: str) -> None:
    tape = Tape()
    with watched(bed, text) as source:
        source.pump(tape, 0)
        send_all(bed)
        meters = pumped(source, tape, 30, arrived=wanted(text))
    assert meters.arrived == wanted(text) > 0


@pytest.mark.parametrize("text", FILTERS)
def test_programs_count_the_packets_that_the_filter_takes(bed: Testbed, text: str) -> None:
    if (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)
    tree = parse_filter(text)
    with bed.b.namespace.entered():
        counts = PacketCounts(socket.if_nametoindex(bed.b.link), counted=tree, told=tree)
    with closing(counts):
        counts.tell(1)
        send_all(bed)
        until(lambda: counts.numbers()[pieces.RECEIVED] >= wanted(text))
        assert counts.numbers()[pieces.RECEIVED] == wanted(text)
        stories = {record[1] for record in counts.records()}
        assert len(stories) == wanted(text)


def test_a_chosen_packet_s_drops_are_its_own_and_counters_of_others_are_unknown(bed: Testbed) -> None:
    """`live:` with a filter: the ring and the program at kfree_skb ask the same filter."""
    if (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)
    tape = Tape()
    with watched(bed, f"udp dst port {PORT}", fate="on") as source:
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), 30)
        send_frames(bed, ipv4(bed, udp(PORT + 1)), 50)
        meters = pumped(source, tape, 100, arrived=30, seen=lambda told: told.dropped >= 30)
        known = source.capabilities.now(meters).meters
    assert (meters.arrived, meters.drops) == (30, {"udp/NO_SOCKET": 30})
    assert not {"sent", "missed"} & known
    assert f"only udp dst port {PORT}" in source.heading.notes[0].replace("packets:", "only")


def test_a_process_is_shown_by_the_sockets_that_it_has_open(bed: Testbed) -> None:
    with bed.b.namespace.entered():
        reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tape = Tape()
    with reader, watched(bed, f"pid {os.getpid()}") as source, bed.b.namespace.entered():
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), 20)  # nobody's yet
        reader.bind((bed.b.address, PORT))
        source.pump(tape, tape.end_ps + 1_500 * 10**9)  # a second later the socket is known
        send_frames(bed, ipv4(bed, udp()), 7)
        meters = pumped(source, tape, 50, arrived=7)
    assert meters.arrived == 7


def connected(bed: Testbed) -> tuple[socket.socket, socket.socket]:
    """A connection from a to b: its two ends."""
    with bed.b.namespace.entered():
        server = socket.create_server((bed.b.address, PORT))
    with server:
        with bed.a.namespace.entered():
            client = socket.socket()
        client.connect((bed.b.address, PORT))
        served, _ = server.accept()
    return client, served


def say(client: socket.socket, served: socket.socket, count: int) -> None:
    """So many requests of one byte, one after the other."""
    client.settimeout(20)
    served.settimeout(20)
    for _ in range(count):
        client.sendall(b".")
        served.recv(1)


@pytest.fixture
def login(
    bed: Testbed, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection that SSH_CONNECTION names, and one that it does not."""
    ends = connected(bed)
    names = (*ends[0].getsockname(), *ends[1].getsockname())
    monkeypatch.setenv("SSH_CONNECTION", " ".join(map(str, names)))
    yield ends
    for end in ends:
        end.close()


@pytest.mark.parametrize("word", ["live", "trace"])
@pytest.mark.parametrize("kept", [False, True])
def test_the_viewer_s_own_connection_is_left_out_unless_it_is_asked_for(
    bed: Testbed, login: tuple[socket.socket, socket.socket], word: str, kept: bool
) -> None:
    tape = Tape()
    with (
        bed.b.namespace.entered(),
        closing(resolve(f"{word}:{bed.b.link}", Choice(keep_ssh=kept))) as source,
    ):
        source.set_detail(Detail.STEPS)
        source.pump(tape, 0)
        say(*login, 20)
        send_frames(bed, ipv4(bed, udp()), 10)
        meters = pumped(source, tape, 300, arrived=10)
    if word == "trace" and meters.banner:  # a flood or lost records: the totals count all packets then
        pytest.skip(f"not every packet is recorded on this machine now: {meters.banner}")
    arrived = [event for event in tape.read(0) if isinstance(event, FrameArrived)]
    assert meters.arrived == len(arrived)
    assert meters.conserved()
    if kept:
        assert meters.arrived >= 30
    else:
        assert meters.arrived == 10
        assert any("your SSH connection" in note for note in source.heading.notes)
        started = next(event for event in tape.read(0) if isinstance(event, DatapathStarted))
        assert started.summary.startswith(f"your SSH from {bed.a.address} left out")


def test_counters_list_the_sockets_of_the_filter_without_the_viewer_s_own(
    bed: Testbed, login: tuple[socket.socket, socket.socket]
) -> None:
    del login
    cases = (("", False, 0), ("", True, 1), (f"tcp port {PORT}", True, 1), ("udp", True, 0))
    for text, kept, expected in cases:
        with bed.b.namespace.entered():
            source = resolve("counters", Choice(filter=text, keep_ssh=kept))
        with closing(source):
            meters = pumped(source, Tape(), 400)
        found = [name for name in meters.sockets if f":{PORT} {bed.a.address}" in name]
        assert len(found) == expected, (text, kept)


def test_another_namespace_is_refused_with_the_command_that_goes_there(bed: Testbed) -> None:
    name = bed.a.namespace.name
    with (
        pytest.raises(SourceError, match=f"ip netns exec {name} kbview live:"),
        watched(bed, f"netns {name}"),
    ):
        pass
    with watched(bed, f"netns {bed.b.namespace.name} and udp", fate="off") as source:
        tape = Tape()
        source.pump(tape, 0)
        send_frames(bed, ipv4(bed, udp()), 5)
        assert pumped(source, tape, 50, arrived=5).arrived == 5


@pytest.fixture
def group() -> Iterator[Path]:
    """A cgroup of our own."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    places = [Path(words[1]) for words in mounts if words[2] == "cgroup2"]
    made = places[0] / f"kbview-test-{os.getpid()}" if places else Path("/nowhere/at/all")
    try:
        made.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made: {error}")
    yield made
    made.rmdir()


def test_a_cgroup_is_shown_by_the_sockets_that_were_made_in_it(bed: Testbed, group: Path) -> None:
    """A process enters the cgroup, makes a socket, and leaves: the socket stays the cgroup's."""
    home = Path("/proc/self/cgroup").read_text().split("0::", 1)[1].strip()
    (group / "cgroup.procs").write_text(str(os.getpid()))
    try:
        with bed.b.namespace.entered():
            inside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    finally:
        (group.parent / home.lstrip("/") / "cgroup.procs").write_text(str(os.getpid()))
    with bed.b.namespace.entered():
        outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    tape = Tape()
    with inside, outside:
        inside.bind((bed.b.address, PORT))
        outside.bind((bed.b.address, PORT + 1))
        with watched(bed, f"cgroup {group.name}") as source, bed.b.namespace.entered():
            source.pump(tape, 0)
            send_frames(bed, ipv4(bed, udp()), 20)
            with bed.a.namespace.entered(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.sendto(b"to the other socket", (bed.b.address, PORT + 1))
            meters = pumped(source, tape, 50, arrived=20)
    assert meters.arrived == 20
