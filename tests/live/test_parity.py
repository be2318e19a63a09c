"""The model held to the kernel: the same traffic through a veth pair and through the `kernel` path.

Each case sends the same frames twice through the lab: once while the receiving end is traced, and once
while its frames are captured; the capture goes through the emulator. docs/parity.md has the differences
that there are, each with its reason; whatever else differs is a failure.
"""

import select
import socket
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from kbview.packet.writer import PcapWriter
from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.tracefs import Mount
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from kbview.tape.source import SourceError
from kbview.tape.tape import Tape
from tests.live.stories import HARDWARE, stories, word
from tests.live.talk import (
    ASK_TCP,
    POLL_UDP,
    READ_UDP,
    SEND_BROKEN,
    SEND_UDP,
    SERVE_TCP,
    asleep,
    run,
    running,
)
from tests.live.watching import Watching, watching

pytestmark = pytest.mark.live

PORT = 7000
COUNT, LENGTH = 6, 100
FCS = 4  # of a NIC; a live kernel counts none (rx_bytes in linux/if_link.h)
BACK_TO_BACK_PS = 1_000_000
# What a packet costs on both, whatever the hardware.
COUNTED = (
    "delivered",
    "softirqs",
    "polls",
    "empty_polls",
    "syscalls",
    "mode_switches",
    "copies",
    "copied_bytes",
    "allocations",
    "frees",
    "wakeups",
)


@pytest.fixture(autouse=True)
def can_trace() -> None:
    try:
        Mount().close()
    except SourceError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def bed() -> Iterator[Testbed]:
    with Testbed() as made:
        yield made


class Tap:
    """Captures what a link receives, as long as it is open."""

    def __init__(self, bed: Testbed) -> None:
        with bed.b.namespace.entered():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.bind((bed.b.link, 0))
        self._own = bytes.fromhex(bed.b.mac.replace(":", ""))

    def write(self, path: Path, apart_ps: int = 10**9) -> None:
        """Everything that came for this end, so far apart: when it came is not what is compared."""
        with path.open("wb") as file:
            writer, now_ps = PcapWriter(file), 1
            while select.select([self._socket], [], [], 0.1)[0]:
                frame = self._socket.recv(65536)
                if frame[:6] == self._own:
                    writer.write(now_ps, frame)
                    now_ps += apart_ps
        self._socket.close()


def emulated(path: Path, bed: Testbed, **settings: object) -> tuple[list[ev.Event], Meters]:
    """What the model's kernel tells of a capture, with frames as long as an interface counts them."""
    overrides = tuple((key, str(value)) for key, value in settings.items())
    source = resolve(str(path), Choice("kernel", host=bed.b.address, overrides=overrides))
    source.set_detail(Detail.STEPS)
    tape, state = Tape(), State()
    source.pump(tape, 1 << 62)
    source.close()
    events = list(tape.read(0))
    for event in events:
        state.apply(event)
        if isinstance(event, ev.FrameArrived | ev.PacketDelivered | ev.PacketDropped):
            event.length -= FCS
    return events, state.meters


def send(bed: Testbed, count: int, length: int, reader: int, port: int = PORT) -> None:
    """Datagrams, each when the reader of the one before sleeps again."""
    with bed.a.namespace.entered():
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender:
        for _ in range(count):
            asleep(reader)
            sender.sendto(bytes(length), (bed.b.address, port))
        asleep(reader)


def per_packet(meters: Meters, names: Sequence[str], packets: int) -> dict[str, float]:
    return {name: getattr(meters, name) / packets for name in names}


Program = AbstractContextManager[int]
READERS = [("read", READ_UDP, (PORT, 0, 0)), ("epoll", POLL_UDP, (PORT,))]


@pytest.mark.parametrize(("wait", "program", "words"), READERS, ids=["read", "epoll"])
def test_paced_datagrams(
    bed: Testbed, tmp_path: Path, wait: str, program: str, words: tuple[object, ...]
) -> None:
    """One datagram after the other to a sleeping reader: every word of every story."""
    with running(bed.b, program, *words) as pid, watching(bed.b.link, pid) as trace:
        asleep(pid)
        before = trace.until(lambda _: True)
        send(bed, COUNT, LENGTH, pid)
        trace.until(lambda meters: meters.delivered == COUNT)
        after = trace.catch_up()
        tap = Tap(bed)
        send(bed, COUNT, LENGTH, pid)
    tap.write(tmp_path / "frames.pcap")
    told, model = emulated(tmp_path / "frames.pcap", bed, wait=wait)

    ours, theirs = stories(trace.events), stories(told)
    assert len(ours) == len(theirs) == COUNT
    for mine, other in zip(ours, theirs, strict=True):
        assert_same_order(mine.softirq, other.softirq)
        assert mine.task == other.task
    assert (after.interrupts, model.interrupts) == (0, COUNT)  # a veth has no vector
    kernel = {name: getattr(after, name) - getattr(before, name) for name in COUNTED}
    first_call = {"syscalls": 1, "mode_switches": 1}  # the model's reader enters its first call
    assert kernel == {name: getattr(model, name) - first_call.get(name, 0) for name in COUNTED}


def assert_same_order(kernel: list[str], model: list[str]) -> None:
    """Word for word, but for the sk_buff: a veth is handed the sender's, a NIC's driver builds one.

    veth_xmit() gives an sk_buff to netif_rx() before the softirq; a driver's poll calls build_skb().
    """
    assert kernel[1:3] == ["SkbAllocated", "SoftirqEntered"]
    assert model[1:3] == ["SoftirqEntered", "SkbAllocated"]
    assert kernel[0] == model[0]
    assert kernel[3:] == model[3:]


def test_a_burst_is_read_in_order_with_one_copy_each(bed: Testbed, tmp_path: Path) -> None:
    """How often the reader sleeps in between is the scheduler's affair; the rest is not."""
    with running(bed.b, READ_UDP, PORT, 0, 0) as pid, watching(bed.b.link, pid) as trace:
        asleep(pid)
        burst(bed, COUNT)
        kernel = trace.until(lambda meters: meters.delivered == COUNT)
        asleep(pid)
        tap = Tap(bed)
        burst(bed, COUNT)
    tap.write(tmp_path / "frames.pcap", BACK_TO_BACK_PS)
    told, model = emulated(tmp_path / "frames.pcap", bed, wait="read")
    for events, meters in ((trace.events, kernel), (told, model)):
        ends = [event.packet for event in events if isinstance(event, ev.PacketDelivered)]
        assert ends == sorted(ends)
        assert len(ends) == meters.delivered == meters.copies == COUNT
        assert meters.allocations == meters.frees == COUNT
        assert 1 <= meters.wakeups <= COUNT
        assert 1 <= meters.polls <= COUNT
        assert meters.copied_bytes == COUNT * LENGTH
        assert not meters.in_flight


def burst(bed: Testbed, count: int) -> None:
    with bed.a.namespace.entered():
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender:
        for _ in range(count):
            sender.sendto(bytes(LENGTH), (bed.b.address, PORT))


def refused(bed: Testbed, tmp_path: Path, program: str, *words: object) -> tuple[Watching, Path]:
    """Something that no socket takes: traced, and then captured."""
    with watching(bed.b.link) as trace:
        run(bed.a, program, *words)
        trace.until(lambda meters: meters.dropped > 0)
        tap = Tap(bed)
        run(bed.a, program, *words)
    path = tmp_path / "frames.pcap"
    tap.write(path)
    return trace, path


def test_no_socket(bed: Testbed, tmp_path: Path) -> None:
    words = (bed.b.address, PORT + 1, 1, LENGTH, 0)
    trace, path = refused(bed, tmp_path, SEND_UDP, *words)
    told, model = emulated(path, bed, closed_ports=[PORT + 1])
    (ours,), (theirs,) = stories(trace.events), stories(told)
    answered = ours.softirq.index("NapiPolled 2/64")  # the ICMP answer passes the same backlog
    ours.softirq[answered] = "NapiPolled 1/64"
    assert_same_order(ours.softirq, theirs.softirq)
    assert trace.meters().drops == model.drops == {"udp/NO_SOCKET": 1}


def test_a_wrong_checksum_of_a_short_datagram(bed: Testbed, tmp_path: Path) -> None:
    """Up to 76 bytes the kernel sums at once (CHECKSUM_BREAK, include/linux/skbuff.h)."""
    with running(bed.b, READ_UDP, PORT, 0, 0):
        trace, path = refused(bed, tmp_path, SEND_BROKEN, bed.b.address, PORT, 18)
    told, model = emulated(path, bed)
    (ours,), (theirs,) = stories(trace.events), stories(told)
    assert_same_order(ours.softirq, theirs.softirq)
    assert trace.meters().drops == model.drops == {"udp/UDP_CSUM": 1}
    assert trace.meters().delivered == model.delivered == 0


def test_a_wrong_checksum_of_a_long_datagram_is_found_by_the_same_layer(
    bed: Testbed, tmp_path: Path
) -> None:
    """Only where differs: a veth leaves the sum to the reader's copy, a NIC brings it along."""
    with running(bed.b, READ_UDP, PORT, 0, 0) as pid:
        asleep(pid)
        trace, path = refused(bed, tmp_path, SEND_BROKEN, bed.b.address, PORT, 500)
    _, model = emulated(path, bed)
    kernel = trace.meters()
    assert kernel.drops == model.drops == {"udp/UDP_CSUM": 1}
    assert kernel.delivered == model.delivered == kernel.copies == model.copies == 0
    assert (kernel.wakeups, model.wakeups) == (1, 0)


def test_a_full_socket(bed: Testbed, tmp_path: Path) -> None:
    """As many fit as their truesize allows; the others are dropped for the same reason."""
    fit, sent = 4, 9
    with running(bed.b, READ_UDP, PORT, 2048, 60) as pid, watching(bed.b.link, pid) as trace:
        tap = Tap(bed)
        burst(bed, sent)
        kernel = trace.until(lambda meters: meters.dropped == sent - fit)
        queued = [event for event in trace.events if isinstance(event, ev.SocketQueued)]
        assert len(queued) == fit
        assert kernel.drops == {"socket/SOCKET_RCVBUFF": sent - fit}
        truesize = queued[0].queued
        assert fit * truesize <= 4096 < (fit + 1) * truesize  # twice what SO_RCVBUF asked for
    path = tmp_path / "frames.pcap"
    tap.write(path, BACK_TO_BACK_PS)
    # A NIC's sk_buff has 2304 bytes of truesize; an application that takes 0.3 ms for each packet.
    told, model = emulated(path, bed, rcvbuf=fit * 2304 + 1, wait="read", app_cycles=10**6)
    assert set(model.drops) == {"socket/SOCKET_RCVBUFF"}
    for packet in range(sent):
        mine, other = of_packet(trace.events, packet), of_packet(told, packet)
        if packet >= fit:
            assert mine == [
                f"FrameArrived {LENGTH + 42}",
                "SkbAllocated",
                f"PacketDropped socket/SOCKET_RCVBUFF {LENGTH + 42}",
                "SkbFreed",
            ]
        if is_drop(other):
            assert other == mine if is_drop(mine) else other[:2] == mine[:2]


def is_drop(words: list[str]) -> bool:
    return any(word.startswith("PacketDropped") for word in words)


def of_packet(events: Sequence[ev.Event], packet: int) -> list[str]:
    """What happened to one packet; those of a burst share softirq and poll in the model."""
    own = [event for event in events if getattr(event, "packet", None) == packet]
    return [word(event) for event in own if not isinstance(event, (ev.StepTaken, *HARDWARE))]


def test_a_tcp_connection_with_requests_and_answers(bed: Testbed, tmp_path: Path) -> None:
    """Handshake, requests, acknowledgements and the end, each to whom it is for."""
    requests, request, answer = 3, 300, 200
    asking = (bed.b.address, 80, requests, request, answer)
    with running(bed.b, SERVE_TCP, 80, answer) as pid:
        with watching(bed.b.link, pid) as trace:
            run(bed.a, ASK_TCP, *asking)
            trace.until(lambda _: "CLOSE" in tcp_states(trace.events))
            kernel = trace.until(lambda meters: not meters.in_flight)
        tap = Tap(bed)
        run(bed.a, ASK_TCP, *asking)
    tap.write(tmp_path / "frames.pcap")
    told, model = emulated(tmp_path / "frames.pcap", bed)
    mine, other = ends(trace.events), ends(told)
    assert mine[:2] == other[:2] == ["tcp", "tcp"]  # SYN, and the ACK of the answer to it
    assert mine.count("app") == other.count("app") == requests
    assert set(mine) == set(other) == {"tcp", "app"}
    assert (kernel.copies, kernel.copied_bytes) == (requests, requests * request)
    assert (model.copies, model.copied_bytes) == (requests, requests * request)
    assert not kernel.dropped
    assert not model.dropped
    assert tcp_states(trace.events) == ["SYN_RECV", "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK", "CLOSE"]


def tcp_states(events: Sequence[ev.Event]) -> list[str]:
    return [event.after for event in events if isinstance(event, ev.TcpStateChanged)]


def ends(events: Sequence[ev.Event]) -> list[str]:
    """Who got each packet, in the order in which they arrived."""
    found = {event.packet: event.where for event in events if isinstance(event, ev.PacketDelivered)}
    return [found[packet] for packet in sorted(found)]
