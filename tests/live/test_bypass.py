"""`xdp:IFACE`: an interface's frames through AF_XDP, and back to the kernel afterwards."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.sources.workers.load import RECEIVING_PORT
from kbview.sources.workers.payload_stamp import template
from kbview.state.state import State
from kbview.tape.detail import Detail
from kbview.tape.events import FrameRecorded, PacketDelivered, SourceEnded
from kbview.tape.source import Origin, Source, SourceError
from kbview.tape.tape import Tape

pytestmark = pytest.mark.live


@pytest.fixture
def bed() -> Iterator[Testbed]:
    with Testbed() as made:
        yield made


def _open(bed: Testbed, word: str = "", **settings: str) -> Source:
    with bed.b.namespace.entered():
        return resolve(f"xdp:{bed.b.link}{word}", Choice(overrides=tuple(settings.items())))


def _send(bed: Testbed, count: int) -> None:
    with bed.a.namespace.entered():
        wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    wire.bind((bed.a.link, 0))
    with wire:
        for _ in range(count):
            wire.send(template(bed.a.plain, bed.b.plain, 100))


def _pump(source: Source, tape: Tape, delivered: int) -> State:
    state = State()
    position = 0
    deadline = time.monotonic() + 30
    while state.meters.delivered < delivered and not source.ended and time.monotonic() < deadline:
        source.pump(tape, 1 << 62, budget_s=0.0)
        for record in tape.read(position):
            state.apply(record)
        position = tape.length
        time.sleep(0.02)
    return state


def test_frames_are_shown_and_conserved(bed: Testbed) -> None:
    source, tape = _open(bed), Tape()
    try:
        source.set_detail(Detail.MILESTONES)
        first = 0  # the reader hears of the detail a little later: the first frame that it tells
        while not any(isinstance(each, PacketDelivered) for each in tape.read(0)) and first < 100:
            _send(bed, 1)
            first += 1
            _pump(source, tape, first)
        _send(bed, 200 - first)
        state = _pump(source, tape, 200)
    finally:
        source.close()
    assert state.meters.delivered == state.meters.arrived == 200
    assert state.meters.delivered_bytes == 20_000
    assert state.meters.conserved()
    assert state.datapath == "af_xdp"
    assert source.heading.origin is Origin.LIVE
    assert "takes all frames from the kernel" in source.heading.notes[0]
    delivered = [each for each in tape.read(0) if isinstance(each, PacketDelivered)]
    assert [each.packet for each in delivered] == list(range(first - 1, 200))
    assert not state.meters.latency.total  # nobody knows it
    recorded = [each.data for each in tape.read(0) if isinstance(each, FrameRecorded)]
    assert set(recorded) == {template(bed.a.plain, bed.b.plain, 100)}


@pytest.mark.parametrize(("port", "taken"), [(RECEIVING_PORT, 20), (RECEIVING_PORT + 1, 0)])
def test_with_a_port_only_its_datagrams_are_taken(bed: Testbed, port: int, taken: int) -> None:
    with bed.b.namespace.entered():
        kernel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    kernel.bind((bed.b.address, RECEIVING_PORT))
    kernel.setblocking(False)
    source, tape = _open(bed, port=str(port)), Tape()
    try:
        _pump(source, tape, 0)
        _send(bed, 20)
        state = _pump(source, tape, taken)
        left, end = 0, time.monotonic() + 20
        while left < 20 - taken and time.monotonic() < end:
            left += bool(_received(kernel))
        left += sum(bool(_received(kernel)) for _ in range(5))
    finally:
        source.close()
        kernel.close()
    assert state.meters.delivered == taken
    assert left == 20 - taken


def _received(kernel: socket.socket) -> bytes:
    try:
        return kernel.recv(2000)
    except BlockingIOError:
        return b""


def test_a_killed_reader_ends_it_with_a_sentence_and_the_kernel_has_its_frames(bed: Testbed) -> None:
    source, tape = _open(bed), Tape()
    try:
        _pump(source, tape, 0)
        for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            if b"receive" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(int(pid), signal.SIGKILL)
        _pump(source, tape, 1)
    finally:
        source.close()
    last = list(tape.read(0))[-1]
    assert isinstance(last, SourceEnded)
    assert "killed by SIGKILL" in last.note
    again = _open(bed)  # nobody holds the interface any more
    again.close()


def test_a_second_one_on_the_same_interface_is_refused(bed: Testbed) -> None:
    source = _open(bed)
    try:
        with pytest.raises(SourceError, match=r"af_xdp on kbv-.*busy") as caught:
            _open(bed)
        assert caught.value.exit_code == 1
    finally:
        source.close()


@pytest.mark.parametrize(
    ("word", "settings", "said"),
    [
        ("x", {}, "there is no interface"),
        (":9999", {}, "no number from 0 to 4095"),
        ("", {"port": "0"}, "no number from 1 to 65535"),
        ("", {"ring": "4"}, "only port and all"),
        (":7", {}, "bind to queue 7"),
    ],
)
def test_what_cannot_be_is_refused(
    bed: Testbed, word: str, settings: dict[str, str], said: str
) -> None:
    with pytest.raises(SourceError, match=said):
        _open(bed, word, **settings)


def test_a_default_route_is_not_cut_off_without_saying_so(bed: Testbed) -> None:
    from pyroute2 import IPRoute

    with bed.b.namespace.entered(), IPRoute() as route:
        route.route("add", dst="default", gateway=bed.a.address)
    with pytest.raises(SourceError, match="a remote login too") as caught:
        _open(bed)
    assert caught.value.exit_code == 2
    _open(bed, port="5000").close()
    _open(bed, all="yes").close()
