"""The kernel's own tracepoints, for real: what they tell, and that nothing of it is left behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.sources.linux import child_process, stale
from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.tracefs import Mount
from kbview.sources.trace.live.instance import Instance
from kbview.sources.trace.live.producer import TraceProducer
from kbview.sources.watching.clock import WatchClock
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.source import SourceError
from tests.live.talk import READ_UDP, SEND_UDP, run, running
from tests.live.watching import Watching, watching

pytestmark = pytest.mark.live

PORT = 7000
HOLD = """
import time
from kbview.sources.trace.live.instance import Instance
held = Instance(64)
print(held.path.name, flush=True)
time.sleep(60)
"""


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


def there(pid: int = 0) -> set[str]:
    """The trace instances of a process, by default of this one; others may have theirs."""
    own = f"kbview-{pid or os.getpid()}-"
    mount = Mount()
    try:
        return {path.name for path in (mount.path / "instances").iterdir() if path.name.startswith(own)}
    finally:
        mount.close()


def tracing(names: set[str]) -> bool:
    """Whether one of the instances lets tracepoints through, and no further ones are switched on."""
    before = _switched_on(names)
    time.sleep(0.2)
    return 0 < before == _switched_on(names)


def _switched_on(names: set[str]) -> int:
    mount = Mount()
    try:
        switches = [
            switch
            for name in names
            for switch in (mount.path / "instances" / name).glob("events/*/*/enable")
        ]
        return sum(switch.read_text().strip() == "1" for switch in switches)
    finally:
        mount.close()


def mounted() -> int:
    return Path("/proc/self/mountinfo").read_text(encoding="ascii").count(" - tracefs ")


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_datagrams_are_followed_to_their_reader_whom_nobody_named(bed: Testbed) -> None:
    with (
        running(bed.b, READ_UDP, PORT, 0, 0),
        watching(bed.b.link) as trace,
    ):
        run(bed.a, SEND_UDP, bed.b.address, PORT, 5, 100, 0.01)
        meters = trace.until(lambda meters: meters.delivered >= 5)
    assert (meters.arrived, meters.delivered, meters.in_flight, meters.dropped) == (5, 5, 0, 0)
    assert (meters.copies, meters.copied_bytes) == (5, 500)
    assert 1 <= meters.wakeups <= 5  # none when the reader had not gone to sleep again yet
    assert meters.arrived_bytes == meters.delivered_bytes == 5 * (100 + 28 + 14)
    assert meters.interrupts == 0  # a veth has none
    assert [socket.name for socket in meters.sockets.values()] == [f"udp :{PORT}"]
    assert meters.latency.least > 0
    assert not trace.producer.interpreter.malformed
    assert not trace.producer.damaged


def test_a_packet_that_nobody_wants_is_dropped_with_the_kernel_s_reason(bed: Testbed) -> None:
    with watching(bed.b.link) as trace:
        run(bed.a, SEND_UDP, bed.b.address, PORT + 1, 3, 100, 0)
        meters = trace.until(lambda meters: meters.dropped >= 3)
    assert meters.drops == {"udp/NO_SOCKET": 3}
    assert meters.sent >= 1  # the kernel answers by ICMP, at a limited rate


@pytest.mark.parametrize("detail", Detail)
def test_the_dial_says_what_is_told_and_all_of_it_is_counted(bed: Testbed, detail: Detail) -> None:
    with (
        running(bed.b, READ_UDP, PORT, 0, 0) as pid,
        watching(bed.b.link, pid, detail=detail) as trace,
    ):
        run(bed.a, SEND_UDP, bed.b.address, PORT, 3, 10, 0.005)
        meters = trace.until(lambda meters: meters.delivered >= 3)
    assert {event.level <= detail for event in trace.events} <= {True}
    assert bool(trace.events) is (detail > Detail.METERS)
    assert meters.delivered == meters.copies == 3
    assert 1 <= meters.polls <= 3
    assert 1 <= meters.softirqs <= 3
    assert meters.syscalls >= 3


def test_the_dial_switches_tracepoints(bed: Testbed) -> None:
    with watching(bed.b.link, detail=Detail.METERS) as trace:
        held = trace.producer.instance
        assert held.read("events/irq/softirq_raise/enable").strip() == "0"
        trace.producer.set_detail(Detail.STEPS)
        assert held.read("events/irq/softirq_raise/enable").strip() == "1"
        assert held.read("events/net/netif_rx_entry/filter").strip() == f'name == "{bed.b.link}"'


def test_lost_records_are_said(bed: Testbed) -> None:
    producer = TraceProducer(bed.b.link, WatchClock(), buffer_kb=8)
    try:
        producer.start()
        run(bed.a, SEND_UDP, bed.b.address, PORT, 2000, 10, 0)
        lost, end = 0, time.monotonic() + 30
        while lost <= 1000 and time.monotonic() < end:
            events = producer.take(producer.settled_ps())
            lost += sum(event.count for event in events if isinstance(event, ev.EventsLost))
            time.sleep(0.02)
    finally:
        producer.close()
    assert lost > 1000


def test_closing_leaves_nothing(bed: Testbed) -> None:
    before = there(), open_files(), mounted()
    with watching(bed.b.link) as trace:
        assert len(there() - before[0]) == 1
        trace.look()
    trace.producer.close()  # a second time is free
    assert (there(), open_files(), mounted()) == before


def test_what_cannot_be_opened_leaves_nothing(bed: Testbed, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "no")

    before = there(), open_files()
    monkeypatch.setattr("kbview.sources.trace.live.producer.Buffers", refuse)
    with pytest.raises(SourceError, match="sudo") as caught:
        TraceProducer(bed.b.link, WatchClock())
    assert caught.value.exit_code == 4
    assert (there(), open_files()) == before


def test_after_a_kill_the_next_start_cleans_up_but_not_after_the_living() -> None:
    program = [sys.executable, "-c", HOLD]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        Instance(64).close()
        assert there(process.pid) == {name}
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    Instance(64).close()
    assert not there(process.pid)


def test_an_instance_in_use_cannot_be_removed_underneath(bed: Testbed) -> None:
    with watching(bed.b.link) as trace:
        with pytest.raises(OSError, match="busy"):
            trace.producer.instance.path.rmdir()
        trace.look()
        assert trace.producer.ended is None


def test_tracing_that_somebody_else_switches_off_is_noticed(bed: Testbed) -> None:
    with watching(bed.b.link) as trace:
        trace.producer.instance.write("tracing_on", "0")
        trace.until(lambda _: trace.producer.ended is not None)
        assert "switched tracing off" in (trace.producer.ended or "")


def test_an_interface_that_vanishes_ends_the_watch() -> None:
    script = """
import socket, subprocess, time
from kbview.cli.main import main
from kbview.sources.watching.clock import WatchClock
from kbview.sources.linux import child_process
from kbview.sources.linux.testbed import Testbed
from kbview.sources.trace.live.producer import TraceProducer
bed = Testbed()
with bed.b.namespace.entered():
    producer = TraceProducer(bed.b.link, WatchClock(), index=socket.if_nametoindex(bed.b.link))
    producer.start()
    from pyroute2 import IPRoute
    with IPRoute() as route:
        route.link("del", index=route.link_lookup(ifname=bed.b.link)[0])
    end = time.monotonic() + 30
    while producer.ended is None and time.monotonic() < end:
        producer.take(producer.settled_ps())
        time.sleep(0.05)
    print(producer.ended)
    producer.close()
bed.close()
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60
    )
    assert "is gone: somebody removed the interface" in ran.stdout


def test_without_the_right_to_there_is_one_sentence() -> None:
    script = """
import os
from kbview.sources.trace.live.instance import Instance
os.setgid(65534)
os.setuid(65534)
Instance(64)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True, timeout=60
    )
    last = ran.stderr.strip().splitlines()[-1]
    assert "SourceError: reading the kernel's tracepoints takes root" in last
    assert "sudo" in last


def test_the_start_of_a_lab_removes_the_instance_of_a_dead_run() -> None:
    with subprocess.Popen(["/bin/true"]) as ended:
        ended.wait()
    with contextlib.closing(Mount()) as mount:
        left = mount.path / "instances" / stale.name("0", ended.pid)
        left.mkdir()
        Testbed().close()
        assert not left.exists()


def test_foreign_instances_are_left_alone() -> None:
    mount = Mount()
    foreign = mount.path / "instances" / "kbviewer-1-0"
    foreign.mkdir()
    try:
        stale.sweep()
        assert foreign.is_dir()
    finally:
        foreign.rmdir()
        mount.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_remove_the_instance_of_a_headless_run(number: int) -> None:
    program = [sys.executable, "-m", "kbview", "run", "trace:lo", "--until", "60s"]
    with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run:
        end = time.monotonic() + 60
        while not there(run.pid) and time.monotonic() < end:
            time.sleep(0.02)
        assert len(there(run.pid)) == 1
        run.send_signal(number)
        assert run.wait(60) == 128 + number
        assert run.stderr is not None
        assert "Traceback" not in run.stderr.read()
    assert not there(run.pid)


def test_a_recording_of_a_live_kernel_replays_without_one(
    bed: Testbed, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "live.kbt"
    words = ["-m", "kbview", "record", f"trace:{bed.b.link}", "--until", "4s", "-o", str(path)]
    with running(bed.b, READ_UDP, PORT, 0, 0):
        record = child_process.start(
            bed.b.namespace, [sys.executable, *words], stderr=subprocess.DEVNULL
        )
        try:
            end = time.monotonic() + 60
            while not (path.exists() and tracing(there(record.pid))) and time.monotonic() < end:
                time.sleep(0.02)
            run(bed.a, SEND_UDP, bed.b.address, PORT, 5, 100, 0.01)
            assert record.wait(60) == 0
        finally:
            child_process.stop(record)
    assert not there(record.pid)
    assert main(["run", str(path), "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["origin"], report["datapath"]) == ("recorded", "kernel")
    assert report["frames"]["delivered"] == report["counts"]["copies"] == 5
    assert report["counts"]["copied_bytes"] == 500
    assert report["counts"]["interrupts"] == 0


def test_the_limit_of_a_queue_is_the_socket_s_own() -> None:
    """SO_RCVBUF doubles what it is given (net/core/sock.c); 212992 is only where sockets begin."""
    with Testbed() as own, running(own.b, READ_UDP, PORT, 10_000, 0) as pid:
        with own.b.namespace.entered():
            index = socket.if_nametoindex(own.b.link)
            producer = TraceProducer(own.b.link, WatchClock(), index=index, pids=[pid])
        watched = Watching(producer)
        try:
            producer.start()
            run(own.a, SEND_UDP, own.b.address, PORT, 2, 100, 0.01)
            meters = watched.until(
                lambda meters: (
                    meters.delivered >= 2
                    and {each.rcvbuf for each in meters.sockets.values()} == {20_000}
                )
            )
        finally:
            producer.close()
    queues = [(each.name, each.rcvbuf) for each in meters.sockets.values()]
    assert queues == [(f"udp :{PORT}", 20_000)]
