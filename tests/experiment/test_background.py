"""Points that are measured in the background give the results of any pool, and leave nothing behind."""

import sys
import time

import psutil
import pytest

from kbview.experiment.background import Background
from kbview.experiment.pool import Alone, PointError
from tests.experiment.points import points

PATIENCE_S = 60.0


def finished(work: Background) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while work.running:
        assert time.monotonic() < deadline
        work.gather()
        time.sleep(0.01)


BEFORE = frozenset[int]()


@pytest.fixture(autouse=True)
def _others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of other tests are not counted."""
    before = frozenset(one.pid for one in psutil.Process().children())
    monkeypatch.setattr(sys.modules[__name__], "BEFORE", before)


def measurers() -> list[psutil.Process]:
    began = [one for one in psutil.Process().children() if one.pid not in BEFORE]
    return [one for one in began if "spawn_main" in " ".join(one.cmdline())]


def test_results_are_those_of_this_process_alone() -> None:
    wanted = points(4)
    work = Background(wanted)
    assert work.running
    finished(work)
    assert work.results == dict(Alone().measure(wanted))
    assert measurers() == []


def test_gathering_never_waits() -> None:
    work = Background(points(50))
    begin = time.monotonic()
    work.gather()
    assert time.monotonic() - begin < PATIENCE_S / 2  # no test of speed: it returns before the points
    assert work.running
    work.close()


def test_a_closed_one_keeps_its_results_and_has_no_process() -> None:
    work = Background(points(50))
    work.close()
    assert not work.running
    assert not work.gather()
    assert measurers() == []
    work.close()


def test_the_process_gives_way_to_the_screen() -> None:
    work = Background(points(50))
    deadline = time.monotonic() + PATIENCE_S
    while not work.results:
        assert time.monotonic() < deadline
        work.gather()
        time.sleep(0.01)
    assert [one.nice() for one in measurers()] == [min(psutil.Process().nice() + 10, 19)]
    work.close()


def test_a_point_that_cannot_be_measured_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Background(points(2))

    def refused(*_: object, **__: object) -> None:
        raise PointError(0, "no cost for this step")

    monkeypatch.setattr(work._shift, "finished", refused)
    with pytest.raises(PointError, match="no cost"):
        work.gather()
    assert not work.running
    assert measurers() == []
