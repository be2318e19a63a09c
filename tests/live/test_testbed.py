"""The testbed leaves nothing behind, whatever ends it."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbview.sources.linux import child_process, namespace, stale
from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.veth import End
from kbview.tape.source import SourceError

pytestmark = pytest.mark.live

KEEPER = """
import subprocess, sys, time
from kbview.sources.linux import child_process
from kbview.sources.linux.testbed import Testbed
with Testbed() as bed:
    child = child_process.start(bed.a.namespace, ["sleep", "60"])
    print(child.pid, bed.a.namespace.name, bed.b.namespace.name, flush=True)
    {then}
"""


def _names(pid: int | str = "") -> set[str]:
    """The names of the namespaces of a process, or of everybody on the machine."""
    return {path.name for path in namespace.FOLDER.glob(f"kbview-{pid or '*'}-*")}


def _udp(end: End) -> socket.socket:
    with end.namespace.entered():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((end.address, 7))
    made.settimeout(20)
    return made


def _gone(pid: int, seconds: float = 30.0) -> bool:
    end = time.monotonic() + seconds
    while stale.lives(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not stale.lives(pid)


@pytest.fixture
def keeper() -> Iterator["subprocess.Popen[str]"]:
    """A process of its own that holds a testbed open."""
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPER.format(then="time.sleep(60)")],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield process
        process.kill()


def _told(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    assert process.stdout is not None
    pid, *names = process.stdout.readline().split()
    return int(pid), names[0], names[1]


def test_what_one_end_sends_the_other_receives() -> None:
    with Testbed() as bed, _udp(bed.a) as one, _udp(bed.b) as other:
        one.sendto(b"there", (bed.b.address, 7))
        assert other.recvfrom(100) == (b"there", (bed.a.address, 7))
        other.sendto(b"back", (bed.a.address, 7))
        assert one.recv(100) == b"back"
        assert bed.a.link not in [name for _, name in socket.if_nameindex()]  # still where we were


def test_nothing_but_what_is_sent_is_on_the_link() -> None:
    with Testbed() as bed:
        with bed.b.namespace.entered():
            tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        with tap, _udp(bed.a) as one, _udp(bed.b):
            one.sendto(b"only this", (bed.b.address, 7))
            time.sleep(0.3)
            tap.setblocking(False)
            frames = []
            while select.select([tap], [], [], 0)[0]:
                frames.append(tap.recv(2000))
    assert [frame[42:] for frame in frames] == [b"only this"]


def test_closing_removes_everything_and_twice_is_once() -> None:
    own = os.getpid()
    before = _names(own)
    with Testbed() as bed:
        with Testbed() as second:
            assert {bed.a.link, bed.b.link}.isdisjoint({second.a.link, second.b.link})
            assert len(_names(own) - before) == 4
        bed.close()
    assert _names(own) == before
    assert not [name for _, name in socket.if_nameindex() if name.startswith("kbv-")]


def test_what_failed_half_way_is_undone() -> None:
    own = os.getpid()
    before = _names(own)
    with pytest.raises(SourceError, match="cannot be built") as caught:
        Testbed(mtu=7)  # the kernel takes no less than 68
    assert caught.value.exit_code == 1
    assert _names(own) == before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_remove_everything(keeper: "subprocess.Popen[str]", number: int) -> None:
    child, *names = _told(keeper)
    keeper.send_signal(number)
    keeper.wait(60)
    assert keeper.returncode != 0
    assert _gone(child)
    assert _names().isdisjoint(names)


def test_after_a_kill_the_children_die_and_the_next_start_cleans_up(
    keeper: "subprocess.Popen[str]",
) -> None:
    child, *names = _told(keeper)
    keeper.kill()  # not waited for: a zombie is dead, too
    assert _gone(child)
    Testbed().close()
    assert _names().isdisjoint(names)


def test_the_living_and_the_foreign_are_left_alone(keeper: "subprocess.Popen[str]") -> None:
    _, *names = _told(keeper)
    foreign = namespace.Namespace("kbviewer-1-a")
    try:
        assert not set(stale.sweep()) & {*names, foreign.name}
        assert _names() >= set(names)
        assert foreign.path.exists()
    finally:
        foreign.remove()


def test_a_namespace_deleted_underneath_neither_stops_traffic_nor_the_end() -> None:
    with Testbed() as bed, _udp(bed.a) as one, _udp(bed.b) as other:
        namespace.remove(bed.b.namespace.name)
        one.sendto(b"still", (bed.b.address, 7))
        assert other.recv(100) == b"still"
    assert not Path(bed.a.namespace.path).exists()


def test_a_tethered_program_runs_inside_and_is_stopped_by_its_pid() -> None:
    with Testbed() as bed:
        shown = child_process.start(bed.b.namespace, ["ls", "/proc/self/task"], stdout=subprocess.PIPE)
        assert shown.communicate(timeout=60)[0].decode().strip() == str(shown.pid)
        assert child_process.stop(shown) == 0
        stubborn = child_process.start(
            bed.b.namespace,
            ["sh", "-c", "trap '' TERM; echo; sleep 60 & wait; wait"],
            stdout=subprocess.PIPE,
        )
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        assert child_process.stop(stubborn, grace_s=0.1) == -signal.SIGKILL


def test_without_the_right_to_there_is_one_sentence() -> None:
    script = """
import os
from kbview.sources.linux.testbed import Testbed
os.setgid(65534)
os.setuid(65534)
Testbed()
"""
    program = [sys.executable, "-c", script]
    ran = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    last = ran.stderr.strip().splitlines()[-1]
    assert "SourceError: making network namespaces is not permitted" in last
    assert "sudo" in last
