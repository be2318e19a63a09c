"""AF_XDP for real: frames over a veth pair into our own memory."""

import errno
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import msgspec
import pytest

from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.veth import End
from kbview.sources.linux.xdp.every_queue import EveryQueue
from kbview.sources.linux.xdp.xsk import CHUNK, XskSocket
from kbview.sources.workers.payload_stamp import template

pytestmark = pytest.mark.live

PORT = 7777  # of the template
HOLDER = """
import time
from kbview.sources.linux.xdp.xsk import XskSocket
xsk = XskSocket({link!r})
print("open", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def bed() -> Iterator[Testbed]:
    """One queue: with more, the flow hash, which is seeded anew at each boot, would pick the queue."""
    with Testbed() as made:
        yield made


@pytest.fixture(scope="module")
def two_queues() -> Iterator[Testbed]:
    """Two queues, for tests that choose the queue themselves."""
    with Testbed(queues=2) as made:
        yield made


@pytest.fixture
def wire(bed: Testbed) -> Iterator[socket.socket]:
    """A packet socket at end a: the frames sent here arrive at end b."""
    with _packet_socket(bed.a) as opened:
        yield opened


@pytest.fixture
def kernel(bed: Testbed) -> Iterator[socket.socket]:
    """An ordinary UDP socket at end b."""
    with _udp_socket(bed.b) as opened:
        yield opened


def _packet_socket(end: End) -> socket.socket:
    with end.namespace.entered():
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.bind((end.link, 0))
    return opened


def _udp_socket(end: End) -> socket.socket:
    with end.namespace.entered():
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind((end.address, PORT))
    opened.settimeout(20)
    return opened


def _open(end: End, queue: int = 0, port: int | None = None, size: int = 2048) -> XskSocket:
    with end.namespace.entered():
        return XskSocket(end.link, queue, port, size)


def _frame(bed: Testbed, text: bytes) -> bytes:
    frame = template(bed.a.plain, bed.b.plain, 128)
    return frame[:42] + text.ljust(len(frame) - 42, b".")


def _frames(xsk: XskSocket, count: int) -> list[bytes]:
    """Wait for so many, read them, give their chunks back."""
    got: list[bytes] = []
    end = time.monotonic() + 20
    while len(got) < count and time.monotonic() < end:
        select.select([xsk], [], [], 0.1)
        words = xsk.rx.take(64)
        got += [
            xsk.umem[at : at + (length & 0xFFFFFFFF)]
            for at, length in zip(*[iter(words)] * 2, strict=True)
        ]
        xsk.rx.release(len(words) // 2)
        xsk.fill.put(words[0::2])
    return got


def _lost(xsk: XskSocket) -> int:
    found = xsk.statistics()
    return found.rx_dropped + found.rx_ring_full


def test_frames_arrive_byte_for_byte_over_many_rounds_of_the_rings(
    bed: Testbed, wire: socket.socket
) -> None:
    xsk = _open(bed.b, size=16)
    try:
        sent = [_frame(bed, b"%05d" % number) for number in range(200)]
        got = []
        for at in range(0, len(sent), 8):
            for frame in sent[at : at + 8]:
                wire.send(frame)
            got += _frames(xsk, 8)
        assert got == sent
        assert xsk.mode == "copy"  # veth runs XDP in its driver, and has no zero-copy
        assert xsk.fill.waiting == 16
        assert set(msgspec.structs.astuple(xsk.statistics())) == {0}
    finally:
        xsk.close()


def test_only_the_chosen_port_is_taken_from_the_kernel(
    bed: Testbed, wire: socket.socket, kernel: socket.socket
) -> None:
    xsk = _open(bed.b, port=PORT + 1)
    try:
        mine = bytearray(_frame(bed, b"bypass"))
        mine[36:38] = (PORT + 1).to_bytes(2, "big")
        wire.send(_frame(bed, b"kernel"))
        wire.send(mine)
        assert kernel.recv(2000)[:6] == b"kernel"
        assert _frames(xsk, 1) == [bytes(mine)]
        assert xsk.rx.waiting == 0
    finally:
        xsk.close()


@pytest.mark.parametrize(
    ("at", "value", "what"),
    [
        (12, b"\x86\xdd", "not IPv4"),
        (14, b"\x46", "with IP options"),
        (20, b"\x20\x00", "a first fragment"),
        (21, b"\x01", "a later fragment"),
        (23, b"\x06", "not UDP"),
        (42, b"", "too short"),
    ],
)
def test_what_is_no_plain_udp_is_passed_on(
    bed: Testbed, wire: socket.socket, at: int, value: bytes, what: str
) -> None:
    del what
    xsk = _open(bed.b, port=PORT)
    try:
        frame = bytearray(_frame(bed, b"other"))
        frame[at : at + len(value)] = value
        wire.send(frame if value else frame[:41])
        wire.send(_frame(bed, b"after"))
        assert [got[42:47] for got in _frames(xsk, 1)] == [b"after"]
    finally:
        xsk.close()


def test_other_queues_stay_the_kernels(two_queues: Testbed) -> None:
    """veth hands a frame to the queue that it was sent on; here that is the number of the cpu."""
    bed = two_queues
    xsk = _open(bed.b, queue=1)
    before = os.sched_getaffinity(0)
    cpus = sorted(before)
    wire, kernel = _packet_socket(bed.a), _udp_socket(bed.b)
    try:
        if len(cpus) < 2:
            pytest.skip("one cpu: all frames take queue 0")
        wire.setsockopt(263, 20, 1)  # PACKET_QDISC_BYPASS: queue by cpu
        for cpu in cpus[:2]:
            os.sched_setaffinity(0, {cpu})
            wire.send(_frame(bed, b"queue %d" % (cpu % 2)))
        assert kernel.recv(2000)[:7] == b"queue 0"
        assert [got[42:49] for got in _frames(xsk, 1)] == [b"queue 1"]
    finally:
        os.sched_setaffinity(0, before)
        wire.close()
        kernel.close()
        xsk.close()


@pytest.mark.parametrize("reverse", [False, True])
def test_every_queue_is_received_from_whichever_the_hash_picks(reverse: bool) -> None:
    """The queue is chosen by the flow's hash, of either direction; 64 flows leave none of four empty.

    The hash is seeded at boot: an empty queue has a chance of 4 * (3/4)^64, one in ten million."""
    with Testbed(queues=4) as bed:
        near, far = (bed.b, bed.a) if reverse else (bed.a, bed.b)
        with far.namespace.entered():
            every = EveryQueue(far.link, None, PORT)
        try:
            with near.namespace.entered():
                senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(64)]
            for number, sender in enumerate(senders):
                sender.bind((near.address, 0))
                sender.sendto(b"flow %02d" % number, (far.address, PORT))
            found = {xsk.queue: taken(xsk) for xsk in every.sockets}
        finally:
            every.close()
            for sender in senders:
                sender.close()
    assert sorted(found) == [0, 1, 2, 3]
    assert sorted(text for texts in found.values() for text in texts) == [
        b"flow %02d" % number for number in range(64)
    ]
    if len(os.sched_getaffinity(0)) > 1:
        assert all(found.values())


def taken(xsk: XskSocket) -> list[bytes]:
    """The payloads that wait in a socket's ring."""
    addresses = xsk.rx.take(64)[0::2]
    return [bytes(xsk.umem[at + 42 : at + 49]) for at in addresses]


def test_an_interface_s_queues_are_as_many_as_it_has_and_a_wrong_one_is_refused() -> None:
    with Testbed(queues=2) as bed, bed.b.namespace.entered():
        before = len(os.listdir("/proc/self/fd"))
        every = EveryQueue(bed.b.link)
        assert [xsk.queue for xsk in every.sockets] == [0, 1]
        every.close()
        one = EveryQueue(bed.b.link, 1)
        assert [xsk.queue for xsk in one.sockets] == [1]
        one.close()
        with pytest.raises(OSError, match="queue 7"):
            EveryQueue(bed.b.link, 7)
        assert len(os.listdir("/proc/self/fd")) == before


def test_frames_without_a_chunk_are_dropped_and_counted(bed: Testbed, wire: socket.socket) -> None:
    xsk = _open(bed.b, size=16)
    try:
        for number in range(50):
            wire.send(_frame(bed, b"%05d" % number))
        end = time.monotonic() + 20
        while _lost(xsk) + xsk.rx.waiting < 50 and time.monotonic() < end:
            time.sleep(0.01)
        assert xsk.rx.waiting == 16
        assert xsk.fill.waiting == 0
        assert _lost(xsk) == 50 - 16
    finally:
        xsk.close()


def test_after_closing_the_kernel_has_its_frames_again(
    bed: Testbed, wire: socket.socket, kernel: socket.socket
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    xsk = _open(bed.b)
    xsk.close()
    xsk.close()
    wire.send(_frame(bed, b"back"))
    assert kernel.recv(2000)[:4] == b"back"
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_second_program_is_refused_and_leaves_nothing(two_queues: Testbed) -> None:
    bed = two_queues
    xsk = _open(bed.b)
    before = len(os.listdir("/proc/self/fd"))
    try:
        with pytest.raises(OSError, match="busy") as caught:
            _open(bed.b, queue=1)
        assert caught.value.errno == errno.EBUSY
        assert len(os.listdir("/proc/self/fd")) == before
    finally:
        xsk.close()


def test_a_killed_process_takes_its_program_with_it(
    bed: Testbed, wire: socket.socket, kernel: socket.socket
) -> None:
    with bed.b.namespace.entered():
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER.format(link=bed.b.link)], stdout=subprocess.PIPE
        )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"open\n"
    wire.send(_frame(bed, b"taken"))
    holder.kill()
    holder.wait()
    holder.stdout.close()
    end = time.monotonic() + 20  # the kernel frees the link when it gets round to it
    while not select.select([kernel], [], [], 0.1)[0] and time.monotonic() < end:
        wire.send(_frame(bed, b"free"))
    assert kernel.recv(2000)[:4] == b"free"


def test_a_driver_without_xdp_is_served_in_generic_mode(bed: Testbed) -> None:
    with bed.b.namespace.entered():
        xsk = XskSocket("lo", port=PORT)
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        one.sendto(b"around", ("127.0.0.1", PORT))
        assert [frame[42:48] for frame in _frames(xsk, 1)] == [b"around"]
        assert xsk.mode == "generic"
    finally:
        one.close()
        xsk.close()


def test_a_whole_umem_has_a_chunk_for_each_entry(bed: Testbed) -> None:
    xsk = _open(bed.b, size=64)
    assert len(xsk.umem) == 64 * CHUNK
    xsk.close()
