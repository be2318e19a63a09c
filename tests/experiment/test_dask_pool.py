"""A Dask cluster of two local workers: the results of one core, also when a worker is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from kbview.experiment import dask_pool
from kbview.experiment.dask_pool import ClusterError, DaskPool
from kbview.experiment.point import Point, Result
from kbview.experiment.pool import Alone, PointError
from kbview.experiment.program import identity
from tests.experiment.points import point, points

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
# Sockets and loops of Dask's own threads are collected late.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")


def workers() -> list[int]:
    """The worker processes of the cluster that this process has started."""
    return [child.pid for child in psutil.Process().children(recursive=True) if _is_worker(child)]


def _is_worker(child: psutil.Process) -> bool:
    try:
        return "--multiprocessing-fork" in child.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return False  # it has ended


@pytest.fixture
def two() -> Iterator[DaskPool]:
    pool = DaskPool("local:2")
    yield pool
    pool.close()
    assert workers() == []


def test_two_workers_give_the_results_of_one_core_and_serve_again(two: DaskPool) -> None:
    asked = points(5)
    found = dict(two.measure(asked))
    assert found == dict(Alone().measure(asked))
    before = workers()
    assert dict(two.measure([point(700)])) == dict(Alone().measure([point(700)]))
    assert workers() == before


def test_a_killed_worker_costs_its_points_only(two: DaskPool) -> None:
    asked = points(8, 5_000)
    running = two.measure(asked)
    found = [next(running)]
    os.kill(workers()[0], signal.SIGKILL)
    found += running
    assert sorted(place for place, _ in found) == list(range(8)), "each point came once"
    assert dict(found) == dict(Alone().measure(asked))


def test_no_worker_is_left_by_a_cluster_that_does_not_close_in_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(dask_pool, "_end", late.append)
        pool = DaskPool("local:2")
        list(pool.measure([point()]))
        killed, _ = workers()
        os.kill(killed, signal.SIGKILL)
        end = time.monotonic() + 20
        while (killed in workers() or len(workers()) < 2) and time.monotonic() < end:
            time.sleep(0.01)  # its nanny starts another one
        pool.close()
        assert workers() == []
    for opened in late:
        dask_pool._end(opened)


def test_a_scheduler_is_reached_by_its_address(two: DaskPool) -> None:
    """The workers of `two` serve another client, which leaves them alone when it ends."""
    list(two.measure([point()]))
    another = DaskPool(two._client.scheduler.address)
    asked = points(3)
    assert dict(another.measure(asked)) == dict(Alone().measure(asked))
    another.close()
    assert dict(two.measure([point(800)])) == dict(Alone().measure([point(800)]))


def test_a_point_that_cannot_be_is_said_in_one_line(two: DaskPool) -> None:
    import msgspec

    calibration = msgspec.structs.replace(point().calibration, steps={})
    unpriced = msgspec.structs.replace(point(), calibration=calibration)
    with pytest.raises(PointError) as caught:
        list(two.measure([unpriced]))
    assert len(str(caught.value).splitlines()) == 1


def test_workers_with_another_program_are_refused(
    two: DaskPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The identity that the workers are asked for is computed there, as a worker computes it."""
    mine = identity
    monkeypatch.setattr(dask_pool, "identity", Impostor(mine()))
    with pytest.raises(ClusterError, match=r"its workers run kbview 0\.0\.0, this is"):
        list(two.measure([point()]))


class Impostor:
    """Says the program's identity here, and another one where it was sent to."""

    def __init__(self, told: str) -> None:
        self._told = told

    def __call__(self) -> str:
        return self._told

    def __reduce__(self) -> tuple[object, ...]:
        return Impostor, ("0.0.0",)


def test_a_scheduler_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_pool, "_WAIT_S", 0.5)
    with pytest.raises(ClusterError, match="no scheduler answers") as caught:
        list(DaskPool("tcp://127.0.0.1:1").measure([point()]))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    "address", ["tcp://", "bogus://h:1", "tcp://h", "tcp://h:x", "tcp:// :1", "h:1"]
)
def test_an_address_that_is_none_is_refused_before_dask_sees_it(address: str) -> None:
    with pytest.raises(ClusterError, match=r"write tcp://HOST:PORT or local:N"):
        DaskPool(address)


def test_a_scheduler_that_ends_is_one_line_and_the_points_before_are_kept() -> None:
    command = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    worker = [
        sys.executable,
        "-m",
        "distributed.cli.dask_worker",
        address,
        "--no-nanny",
        "--nthreads",
        "1",
    ]
    working = subprocess.Popen(
        [*worker, "--no-dashboard"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    pool = DaskPool(address)
    try:
        asked = points(8, 20_000)
        running = measured(pool, asked)
        place, result = next(running)
        scheduler.kill()
        with pytest.raises(ClusterError, match="its scheduler has ended") as caught:
            list(running)
        assert len(str(caught.value).splitlines()) == 1
        assert dict(Alone().measure([asked[place]])) == {0: result}
    finally:
        pool.close()
        for process in (working, scheduler):
            process.kill()
            process.wait()


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        number: int = taken.getsockname()[1]
        return number


def measured(pool: DaskPool, asked: list[Point]) -> Iterator[tuple[int, Result]]:
    """The results, once the cluster has a worker."""
    deadline_s = time.monotonic() + 60
    while True:
        running = pool.measure(asked)
        try:
            first = next(running)
        except ClusterError as error:
            if "no workers" not in str(error) or time.monotonic() > deadline_s:
                raise
            time.sleep(0.2)
            continue
        yield first
        yield from running
        return
