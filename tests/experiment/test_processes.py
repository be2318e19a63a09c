"""Workers: the same results as one process has; a death costs one point; nothing stays behind."""

import os
import signal
from collections.abc import Iterator
from multiprocessing import active_children

import pytest

from kbview.experiment.point import Point, Result
from kbview.experiment.pool import Alone, PointError
from kbview.experiment.processes import Processes, local
from tests.experiment.points import point, points


class Deadly(Point, frozen=True):
    """A point that ends the process which unpickles it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (7,)


@pytest.fixture
def two() -> Iterator[Processes]:
    pool = Processes(2)
    yield pool
    pool.close()
    assert active_children() == []


def alone(asked: list[Point]) -> list[Result]:
    return [result for _, result in Alone().measure(asked)]


def test_one_process_needs_no_worker() -> None:
    assert isinstance(local(1), Alone)
    assert isinstance(local(2), Processes)


def test_two_processes_give_the_results_of_one(two: Processes) -> None:
    asked = points(5)
    found = dict(two.measure(asked))
    assert [found[place] for place in range(5)] == alone(asked)


def test_workers_wait_for_the_next_points(two: Processes) -> None:
    list(two.measure(points(2)))
    before = {child.pid for child in active_children()}
    list(two.measure(points(3, 600)))
    assert {child.pid for child in active_children()} == before


def test_a_worker_that_is_killed_costs_the_point_that_it_was_measuring(two: Processes) -> None:
    asked = points(6, 5_000)
    running = two.measure(asked)
    found = [next(running)]
    before = {child.pid for child in active_children()}
    victim = min(pid for pid in before if pid is not None)
    os.kill(victim, signal.SIGKILL)
    found += running
    after = {child.pid for child in active_children()}
    assert len(before & after) == 1, "the other worker went on"
    assert sorted(place for place, _ in found) == list(range(6)), "each point came once"
    assert [dict(found)[place] for place in range(6)] == alone(asked)


def test_a_point_that_ends_each_worker_is_named(two: Processes) -> None:
    healthy = point()
    deadly = Deadly(healthy.scenario, healthy.calibration, healthy.begin, healthy.end)
    with pytest.raises(PointError, match=r"ended its process 3 times \(exit code 7\)") as caught:
        list(two.measure([deadly]))
    assert caught.value.place == 0
    assert active_children() == []


def test_a_point_that_cannot_be_is_said_in_one_line(two: Processes) -> None:
    unpriced = msgspec_without_steps()
    with pytest.raises(PointError) as caught:
        list(two.measure([point(), unpriced]))
    assert caught.value.place == 1
    assert len(str(caught.value).splitlines()) == 1
    assert active_children() == []


def msgspec_without_steps() -> Point:
    """A point whose calibration has no cost for any step."""
    import msgspec

    calibration = msgspec.structs.replace(point().calibration, steps={})
    return msgspec.structs.replace(point(), calibration=calibration)


def test_a_consumer_that_stops_leaves_no_process(two: Processes) -> None:
    running = two.measure(points(6, 2_000))
    next(running)
    assert active_children() != []
    running.close()
    assert active_children() == []
