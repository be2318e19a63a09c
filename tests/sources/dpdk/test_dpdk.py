"""A DPDK application by its telemetry, played by a server of our own."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kbview.sources.dpdk import poller, socket_path
from kbview.sources.dpdk.client import TelemetryClient, TelemetryError, whole
from kbview.sources.dpdk.delta import Delta
from kbview.sources.dpdk.threads import lcore_threads
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape import events as ev
from kbview.tape.meter import Meters, Sample
from kbview.tape.source import Source, SourceError
from kbview.tape.tape import Tape
from tests.sources.dpdk.server import Answers, Server, port, serving

MS = 10**9
NEWER: Answers = {
    "/ring/list": ["work", "MP_pool"],
    "/ring/info,work": {"capacity": 1023, "used_count": 1000},
    "/ring/info,MP_pool": {"capacity": "0x1fff", "used_count": 96},
    "/eal/lcore/usage": {"lcore_ids": [1, 2], "total_cycles": [100, 100], "busy_cycles": [10, 100]},
}


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A runtime folder of the test's own."""
    monkeypatch.setattr(socket_path, "folders", lambda: [tmp_path])
    monkeypatch.setattr(poller, "_AGAIN_S", 0.02)
    monkeypatch.setattr(poller, "_PERIOD_S", 0.02)
    return tmp_path


@pytest.fixture
def path(runtime: Path) -> Path:
    """Where an application with the prefix `app` listens."""
    return runtime / "app" / socket_path.SOCKET


@pytest.fixture
def tape() -> Tape:
    """An empty tape."""
    return Tape()


def _opened(word: str = "dpdk:app") -> Source:
    return resolve(word, Choice())


def _until(source: Source, tape: Tape, true: Callable[[Meters], bool]) -> Meters:
    """Pump until the meters are as expected, or fail after a while."""
    end_s = time.monotonic() + 10
    while time.monotonic() < end_s:
        source.pump(tape, tape.end_ps + 30 * MS)
        meters = [record for record in tape.read(0) if isinstance(record, Sample)][-1].meters
        if true(meters):
            return meters
    raise AssertionError("it did not come about")


def _notes(tape: Tape) -> list[str]:
    return [record.note for record in tape.read(0) if isinstance(record, ev.SourceNoted)]


def test_ports_are_counted_from_when_we_came(path: Path, tape: Tape) -> None:
    with serving(path, port(1_000_000, imissed=50)) as server:
        source = _opened()
        source.pump(tape, 0)
        server.answers |= port(1_000_300, imissed=57, ierrors=2, rx_nombuf=3)
        meters = _until(source, tape, lambda meters: meters.delivered > 0)
        source.close()
    assert (meters.delivered, meters.missed, meters.sent) == (300, 7, 150)
    assert meters.drops == {"nic/ierrors": 2, "mbuf/rx_nombuf": 3}
    assert meters.arrived == 312
    assert meters.conserved()
    assert meters.delivered_bytes == 18_000
    assert meters.gauges["net_null0 rx queues"] == 2
    assert meters.gauges["net_null0 rx_q0_packets"] == 1_000_300
    assert meters.gauges["mempool pool size"] == 4096
    assert source.heading.notes == ("DPDK 99.11, process 0",)


def test_what_an_old_application_does_not_tell_is_unknown(path: Path) -> None:
    with serving(path, port(1)):
        source = _opened()
        source.close()
    assert {"arrived", "missed", "gauges"} <= source.capabilities.meters
    assert source.capabilities.meters.isdisjoint({"rings", "cores", "polls", "latency", "copies"})


def test_a_newer_one_tells_rings_pools_and_how_useful_its_cores_are(path: Path, tape: Tape) -> None:
    with serving(path, {**port(1), **NEWER}) as server:
        source = _opened()
        source.pump(tape, 0)
        usage = {"lcore_ids": [1, 2], "total_cycles": [300, 300], "busy_cycles": [60, 300]}
        server.answers["/eal/lcore/usage"] = usage
        meters = _until(source, tape, lambda meters: any(core.poll_useful_ps for core in meters.cores))
        source.close()
    assert {"rings", "cores"} <= source.capabilities.meters
    work, pool = meters.rings
    assert (work.kind, work.size, work.done) == ("dpdk ring", 1023, 1000)
    assert (pool.kind, pool.size, pool.done) == ("mempool", 4096, 96)  # free mbufs, as in the emulator
    one, two = meters.cores
    assert (one.cpu, two.cpu) == (1, 2)
    assert one.poll_useful_ps / (one.poll_useful_ps + one.poll_empty_ps) == pytest.approx(0.25)
    assert two.poll_empty_ps == 0


def test_a_pool_that_counts_itself_needs_no_ring(path: Path, tape: Tape) -> None:
    """lib/mempool/rte_mempool.c: free mbufs are in the common pool and in the caches of lcores."""
    counts = {"size": 4096, "common_pool_count": 3686, "total_cache_count": 378}
    with serving(path, {**port(1), "/mempool/info,pool": counts}):
        source = _opened()
        meters = _until(source, tape, lambda meters: bool(meters.rings))
        source.close()
    (pool,) = meters.rings
    assert (pool.kind, pool.size, pool.done) == ("mempool", 4096, 4064)
    assert meters.gauges["mempool pool used"] == 32  # a burst of testpmd's


def test_queues_are_told_with_their_descriptors_by_a_newer_application(path: Path, tape: Tape) -> None:
    """/ethdev/rx_queue and tx_queue of lib/ethdev/rte_ethdev_telemetry.c; an older one answers null."""
    queues = {"/ethdev/rx_queue,0,0": {"nb_desc": 512}, "/ethdev/rx_queue,0,1": {"nb_desc": 1024}}
    with serving(path, {**port(1), **queues}) as server:
        source = _opened()
        meters = _until(source, tape, lambda meters: bool(meters.gauges))
        source.close()
    told = {name: count for name, count in meters.gauges.items() if "queue" in name}
    assert told == {
        "net_null0 rx queues": 2,
        "net_null0 tx queues": 1,
        "net_null0 rx queue 0 descriptors": 512,
        "net_null0 rx queue 1 descriptors": 1024,
    }
    assert "/ethdev/tx_queue,0,1" not in server.asked


def test_a_number_of_queues_that_is_not_told_is_not_zero(path: Path, tape: Tape) -> None:
    with serving(path, {**port(1), "/ethdev/info,0": {"name": "net_null0"}}):
        source = _opened()
        meters = _until(source, tape, lambda meters: bool(meters.gauges))
        source.close()
    assert not [name for name in meters.gauges if "queues" in name]


def test_the_restart_of_the_application_is_survived_and_said(path: Path, tape: Tape) -> None:
    server = Server(path, port(1000))
    source = _opened()
    source.pump(tape, 0)
    server.answers |= port(1400)
    _until(source, tape, lambda meters: meters.delivered == 400)
    server.stop()
    gone = _until(source, tape, lambda _: len(_notes(tape)) == 1)
    assert gone.banner == "the application is gone; its last numbers stay until it is back"
    with serving(path, port(70), pid=4711) as again:
        meters = _until(source, tape, lambda meters: meters.delivered > 400)
        assert meters.banner == ""
        assert meters.delivered == 470  # a new process counts from nothing
        again.answers |= port(100)
        _until(source, tape, lambda meters: meters.delivered == 500)
        source.close()
    assert _notes(tape) == [
        "the application is gone; its last numbers stay until it is back",
        "the application is back: DPDK 99.11, process 4711",
    ]


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"\xff\xfe", b"[1, 2]", b"{", b"[" * 100_000, b'{"/ethdev/stats": "many"}'],
    ids=["nothing", "no text", "an array", "cut", "deep", "text for a table"],
)
def test_nonsense_on_the_socket_is_no_end(path: Path, tape: Tape, nonsense: bytes) -> None:
    with serving(path, port(10)) as server:
        source = _opened()
        source.pump(tape, 0)
        server.answers["/ethdev/stats,0"] = nonsense
        source.pump(tape, tape.end_ps + 100 * MS)
        server.answers |= port(30)
        meters = _until(source, tape, lambda meters: meters.delivered > 0)
        source.close()
    assert meters.delivered in (20, 30)  # 30: a table that was empty for a while is a restart


@pytest.mark.parametrize("greeting", [b"", b"hello", [], {"pid": "x" * 50, "version": 7}])
def test_who_greets_strangely_is_refused_or_nameless(path: Path, greeting: object) -> None:
    with serving(path, port(10)) as server:
        server.greeting = greeting
        if isinstance(greeting, dict):
            source = _opened()
            assert source.heading.notes == (", process 0",)
            source.close()
        else:
            with pytest.raises(SourceError, match="does not answer") as refused:
                _opened()
            assert refused.value.exit_code == 1


def test_the_only_application_needs_no_name_and_several_do(runtime: Path) -> None:
    with pytest.raises(SourceError, match="no DPDK application with telemetry is running; none"):
        _opened("dpdk")
    with serving(runtime / "a" / socket_path.SOCKET, port(1)):
        _opened("dpdk").close()
        with pytest.raises(SourceError, match="--file-prefix b is running; there are dpdk:a"):
            _opened("dpdk:b")
        with serving(runtime / "b" / socket_path.SOCKET, port(1)):
            with pytest.raises(SourceError, match="name one: dpdk:a, dpdk:b") as refused:
                _opened("dpdk")
            assert refused.value.exit_code == 2
            _opened("dpdk:b").close()


def test_a_second_process_of_a_prefix_has_a_number(runtime: Path) -> None:
    """lib/telemetry/telemetry.c: where `dpdk_telemetry.v2` is in use, the next one gets `:1`."""
    folder = runtime / "a"
    first, second = folder / socket_path.SOCKET, folder / f"{socket_path.SOCKET}:1"
    with serving(first, port(1)), serving(second, port(2)):
        assert socket_path.found() == {"a": first, "a:1": second}
        with pytest.raises(SourceError, match="name one: dpdk:a, dpdk:a:1"):
            _opened("dpdk")
        _opened("dpdk:a:1").close()


def test_a_socket_left_behind_is_nobodys(path: Path) -> None:
    Server(path, port(1)).stop()
    assert path.is_socket()
    assert socket_path.found() == {}


def test_a_folder_that_is_not_ours_to_read(runtime: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SourceError, match="run: sudo kbview dpdk:app") as refused:
        _opened()
    assert refused.value.exit_code == 4


def test_closing_ends_the_thread_and_hangs_up(path: Path) -> None:
    with serving(path, port(1)):
        source = _opened()
        source.pump(Tape(), 50 * MS)
        source.close()
        source.close()
        assert not [each for each in threading.enumerate() if each.name == "kbview-telemetry"]


def test_a_question_that_nobody_answers_is_given_up(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kbview.sources.dpdk.client._PATIENCE_S", 0.05)
    with serving(path, {}) as server:
        client = TelemetryClient(path)
        server.answers["/slow"] = b""
        with pytest.raises(TelemetryError, match=r"/slow: timed out|hung up"):
            client.ask("/slow")
        client.close()


def test_growth_survives_resets_and_newcomers() -> None:
    growth = Delta()
    for counts in ({"a": 100}, {"a": 130}, {"a": 20, "b": 5}, {"b": 6}, {"a": 25}):
        growth.add(counts)
    assert (growth["a"], growth["b"], growth["c"]) == (30 + 20 + 5, 6, 0)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5),
        (-5, 0),
        (True, 0),
        ("0x10", 16),
        ("12", 12),
        ("0xzz", 0),
        ("9" * 99, 0),
        (None, 0),
        (1.5, 0),
    ],
)
def test_numbers_come_in_several_clothes(value: object, number: int) -> None:
    assert whole(value) == number


def test_threads_of_an_application_are_lcores_by_their_names() -> None:
    """The main thread and the workers; this process plays the application."""
    named, done = threading.Event(), threading.Event()

    def work(name: str) -> None:
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(name)
        named.set()
        done.wait(60)

    for name in ("rte-worker-3", "dpdk-worker12", "rte-mp-handle"):
        named.clear()
        threading.Thread(target=work, args=(name,), daemon=True).start()
        assert named.wait(60)
    found = lcore_threads(os.getpid())
    done.set()
    assert {thread.name for thread in found[1:]} == {"rte-worker-3", "dpdk-worker12"}
    main = found[0]
    assert main.user_ns > 0
    assert main.switches > 0
    assert main.cpu in range(os.cpu_count() or 1)


@pytest.mark.parametrize("pid", [0, 1 << 31, 10**17])
def test_an_application_that_is_not_there_has_no_lcores(pid: int) -> None:
    assert lcore_threads(pid) == []


@pytest.fixture(autouse=True)
def _no_thread_left() -> Iterator[None]:
    yield
    assert not [each for each in threading.enumerate() if each.name == "kbview-telemetry"]
