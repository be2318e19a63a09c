"""What killed runs left is found by its name and removed by the next start of any live source."""

import os
import subprocess
from pathlib import Path

import pytest

from kbview.sources.linux import namespace, stale


@pytest.fixture
def dead() -> int:
    """The pid of a process that has ended."""
    with subprocess.Popen(["/bin/true"]) as ended:
        ended.wait()
    return ended.pid


def test_a_zombie_and_a_number_of_no_process_are_dead() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert not stale.lives(pid)
    os.waitpid(pid, 0)
    assert not stale.lives(pid)
    assert stale.lives(os.getpid())


def test_folders_of_the_dead_are_removed_and_of_no_others(
    dead: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stale, "FOLDER", tmp_path)
    monkeypatch.setattr(namespace, "FOLDER", tmp_path / "netns")
    left, mine, foreign = stale.name("dpdk", dead), stale.name("dpdk"), f"kbviewer-{dead}-dpdk"
    for name in (left, mine, foreign):
        (tmp_path / name / "rte").mkdir(parents=True)
    assert left in stale.sweep()
    assert {path.name for path in tmp_path.iterdir()} == {mine, foreign}


def test_what_this_user_may_not_remove_stays_and_is_not_an_error(
    dead: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(stale, "FOLDER", tmp_path)
    monkeypatch.setattr(namespace, "FOLDER", tmp_path / "netns")
    monkeypatch.setattr("shutil.rmtree", refused)
    (tmp_path / stale.name("dpdk", dead)).mkdir()
    assert stale.name("dpdk", dead) not in stale.sweep()
