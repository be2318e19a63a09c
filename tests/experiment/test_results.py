"""A results file: finished points are found again; damage costs one line; nothing else is touched."""

import json
import os
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from kbview.experiment import results
from kbview.experiment.point import Point, Result
from kbview.experiment.pool import Alone, PointError
from kbview.experiment.results import ResultsError, ResultsFile
from kbview.experiment.run import Runner
from tests.experiment.points import point, points

Found = Generator[tuple[int, Result], None, None]


class Counting(Alone):
    """Counts the points that were measured."""

    def __init__(self) -> None:
        self.measured = 0

    def measure(self, points: Sequence[Point]) -> Found:
        self.measured += len(points)
        return super().measure(points)


def run(path: Path, asked: list[Point]) -> tuple[list[Result], int]:
    """The results, and how many points had to be measured."""
    pool, file = Counting(), ResultsFile(path, kept=True)
    try:
        found = Runner(pool, file).run(asked, [{"place": at} for at in range(len(asked))])
        assert file.reused + pool.measured == len({each.key() for each in asked})
        return found, pool.measured
    finally:
        file.close()


def test_a_second_run_measures_only_new_points(tmp_path: Path) -> None:
    path = tmp_path / "sweep.jsonl"
    first, measured = run(path, points(3))
    assert measured == 3
    again, measured = run(path, points(4))
    assert measured == 1
    assert again[:3] == first


def test_equal_points_are_measured_once(tmp_path: Path) -> None:
    (a, b), measured = run(tmp_path / "sweep.jsonl", [point(), point()])
    assert measured == 1
    assert a == b


def test_a_line_that_was_cut_off_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "sweep.jsonl"
    first, _ = run(path, points(3))
    path.write_bytes(path.read_bytes()[:-40])
    again, measured = run(path, points(3))
    assert (again, measured) == (first, 1)
    assert run(path, points(3)) == (first, 0)


def test_hostile_lines_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "sweep.jsonl"
    first, _ = run(path, points(1))
    with path.open("ab") as file:
        file.write(b"\xff\xfe\n[]\n" + b"[" * 100_000 + b'\n{"key": 3}\n')
    assert run(path, points(1)) == (first, 0)


def test_each_line_says_which_point_it_is_and_the_file_that_it_is_emulated(tmp_path: Path) -> None:
    path = tmp_path / "sweep.jsonl"
    run(path, points(2))
    head, *lines = map(json.loads, path.read_text().splitlines())
    assert head["origin"] == "emulated"
    assert [line["asked"] for line in lines] == [{"place": 0}, {"place": 1}]
    assert lines[0]["key"] == points(2)[0].key()


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("dear diary\n")
    with pytest.raises(ResultsError, match="not a results file of kbview"):
        ResultsFile(path, kept=True)
    assert path.read_text() == "dear diary\n"


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="cannot be used"):
        ResultsFile(tmp_path, kept=True)


def test_the_cache_keeps_this_program_version_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    old = results.cache().with_name("0.0.1+000000000000.jsonl")
    old.parent.mkdir(parents=True)
    old.write_text("{}\n")
    ResultsFile(results.cache(), kept=False).close()
    assert [path.name for path in old.parent.iterdir()] == [results.cache().name]


def test_points_that_were_finished_before_a_failure_are_kept(tmp_path: Path) -> None:
    class Failing(Counting):
        def measure(self, points: Sequence[Point]) -> Found:
            yield from super().measure(points[:2])
            raise PointError(2, "it cannot be")

    path = tmp_path / "sweep.jsonl"
    file = ResultsFile(path, kept=True)
    with pytest.raises(PointError, match="it cannot be"):
        Runner(Failing(), file).run(points(3))
    file.close()
    assert run(path, points(3))[1] == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device stands for a full disk here")
def test_a_cache_on_a_full_disk_costs_no_result_and_a_named_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [result for _, result in Alone().measure(points(3))]
    for kept in (False, True):
        file = ResultsFile(tmp_path / f"{kept}.jsonl", kept=kept)
        os.dup2(full := os.open("/dev/full", os.O_WRONLY), file._file)
        os.close(full)
        if kept:
            with pytest.raises(ResultsError, match="No space left on device"):
                Runner(Alone(), file).run(points(3))
        else:
            assert Runner(Alone(), file).run(points(3)) == whole
            assert "No space left on device" in file.fault
        assert file.added == 0
        file.close()


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ResultsError, match="not a regular file"):
        ResultsFile(tmp_path / "pipe", kept=True)
