"""Ctrl+C in a terminal: one press ends `validate`, `sweep` and `find`, and finished points are kept."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from kbview.cli.main import main

WORDS = {
    "validate": ["validate", "T7"],
    "sweep": ["sweep", "overload-udp", "--over", "rate=100k:900k:20k", "--until", "20k"],
    "find": ["find", "overload-udp", "--datapath", "kernel,dpdk,netmap", "--knee"],
}
_WAIT_S = 100


def start(words: list[str], results: Path) -> "subprocess.Popen[str]":
    """The command in a session of its own, as a terminal's foreground job."""
    return subprocess.Popen(
        [sys.executable, "-m", "kbview", *words, "--jobs", "2", "--results", str(results)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def of_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return found


def finished(results: Path) -> list[str]:
    """The keys of the finished points."""
    if not results.exists():
        return []
    lines = results.read_text(encoding="utf-8").splitlines()[1:]
    return [json.loads(line)["key"] for line in lines if line.endswith("}")]


def until_two_are_finished(process: "subprocess.Popen[str]", results: Path) -> None:
    deadline_s = time.monotonic() + _WAIT_S
    while len(finished(results)) < 2:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def until_nothing_runs(session: int) -> None:
    """Wait for the end of all; Python's resource tracker ends a moment after the command."""
    deadline_s = time.monotonic() + _WAIT_S
    while left := of_session(session):
        assert time.monotonic() < deadline_s, left
        time.sleep(0.05)


@pytest.mark.parametrize("name", WORDS)
def test_one_press_ends_everything_and_keeps_what_is_finished(name: str, tmp_path: Path) -> None:
    results = tmp_path / "points.jsonl"
    process = start(WORDS[name], results)
    until_two_are_finished(process, results)
    workers = of_session(process.pid)
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
    out, err = process.communicate(timeout=_WAIT_S)
    assert (process.returncode, out) == (130, "")
    kept = r"kbview: interrupted; (\d+) finished points are kept, and the same command goes on"
    told = re.fullmatch(rf"{kept} from there\n", err)
    assert told, err
    assert len(finished(results)) - 1 <= int(told[1]) <= len(finished(results))
    assert len(workers) >= 3, "the command and its two workers"
    until_nothing_runs(process.pid)
    assert len(finished(results)) >= 2


def test_a_terminal_sees_progress_with_the_time_left_and_its_cursor_again(tmp_path: Path) -> None:
    results = tmp_path / "points.jsonl"
    terminal, theirs = pty.openpty()
    words = [*WORDS["sweep"], "--jobs", "2", "--results", str(results)]
    process = subprocess.Popen(
        [sys.executable, "-m", "kbview", *words],
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        start_new_session=True,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
    )
    os.close(theirs)
    seen = b""
    while not re.search(rb"points.* [1-9]\d*/41.*\d:\d\d.* left", seen):
        seen += os.read(terminal, 4096)
    os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(OSError):  # EIO: the other end has gone
        while more := os.read(terminal, 4096):
            seen += more
    assert process.wait(_WAIT_S) == 130
    os.close(terminal)
    assert seen.rindex(b"\x1b[?25h") > seen.rindex(b"\x1b[?25l"), "the cursor is shown again"
    assert b"Traceback" not in seen


def test_the_workers_of_a_killed_command_end_as_well(tmp_path: Path) -> None:
    results = tmp_path / "points.jsonl"
    process = start(WORDS["sweep"], results)
    until_two_are_finished(process, results)
    process.kill()
    process.communicate(timeout=_WAIT_S)
    until_nothing_runs(process.pid)


def test_an_interrupted_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    results = tmp_path / "points.jsonl"
    words = ["sweep", "overload-udp", "--over", "rate=100k:800k:100k", "--csv"]
    process = start(words, results)
    until_two_are_finished(process, results)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=_WAIT_S)
    kept = finished(results)
    out, err = start(words, results).communicate(timeout=_WAIT_S)
    assert err == ""
    assert len(out.splitlines()) == 9
    assert finished(results)[: len(kept)] == kept, "kept as they were"
    assert len(finished(results)) == len(set(finished(results))) == 8, "and none measured twice"
    whole, _ = start(words, tmp_path / "at-once.jsonl").communicate(timeout=_WAIT_S)
    assert whole == out


def on_a_terminal(words: list[str], tmp_path: Path) -> "tuple[subprocess.Popen[str], int]":
    """The command, with standard error on a terminal and standard output in a file."""
    terminal, theirs = pty.openpty()
    with (tmp_path / "out").open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "kbview", *words],
            stdout=out,
            stderr=theirs,
            start_new_session=True,
            text=True,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "80"},
        )
    os.close(theirs)
    return process, terminal


@pytest.mark.parametrize("command", ["run", "compare", "record"])
def test_a_long_run_shows_its_progress_and_one_press_prints_what_there_is(
    command: str, tmp_path: Path
) -> None:
    tape = tmp_path / "a.kbt"
    words = [command, "overload-udp", "--set", "traffic.frames=100000000"]
    process, terminal = on_a_terminal(words + ["-o", str(tape)] * (command == "record"), tmp_path)
    try:
        seen = b""
        while not re.search(rb"(overload-udp|a\.kbt).*\d+%.*\d:\d\d", seen):
            seen += os.read(terminal, 4096)
    finally:  # whatever was seen, nothing outlives the test
        os.killpg(process.pid, signal.SIGINT)
    pressed_s = time.monotonic()
    assert process.wait(_WAIT_S) == (0 if command == "record" else 130)
    assert time.monotonic() - pressed_s < 10  # a second on a machine that does nothing else
    os.close(terminal)
    if command == "record":
        assert main(["run", str(tape)]) == 0
    else:
        assert "interrupted by Ctrl+C: these are the first" in (tmp_path / "out").read_text()


def test_an_export_that_is_interrupted_leaves_the_old_file(tmp_path: Path) -> None:
    tape, target = tmp_path / "a.kbt", tmp_path / "a.json"
    assert main(["record", "overload-udp", "--until", "40ms", "-o", str(tape)]) == 0
    target.write_text("the old one")
    words = ["export", str(tape), "--to", "chrome", "-o", str(target), "--force"]
    process, terminal = on_a_terminal(words, tmp_path)
    seen = b""
    while not re.search(rb"chrome.*\d+%.*left", seen):
        seen += os.read(terminal, 4096)
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(_WAIT_S) == 130
    os.close(terminal)
    assert target.read_text() == "the old one"
    assert {path.name for path in tmp_path.iterdir()} == {"a.kbt", "a.json", "out"}
