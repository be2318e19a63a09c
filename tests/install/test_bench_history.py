"""`make bench` runs every part, keeps the text of each run, and returns the worst exit code."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("dpkt")
pytest.importorskip("simpy")

from benchmarks import __main__ as bench


def _good() -> int:
    sys.stdout.write("42 ns\n")
    return 0


def _below() -> int:
    sys.stdout.write("below a floor\n")
    return 1


def _broken() -> int:
    raise SystemExit("recordings/http.pcap is missing")


def _stopped() -> int:
    raise KeyboardInterrupt


@pytest.fixture
def history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(bench, "HISTORY", tmp_path / "history.txt")
    return tmp_path / "history.txt"


def test_a_run_is_appended_to_the_history(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PARTS", (("good", _good),))
    assert bench.main() == 0
    assert bench.main() == 0
    lines = history.read_text().splitlines()
    assert lines.count("42 ns") == lines.count("exit code 0") == 2
    assert " UTC, commit " in lines[0]
    assert ", load " in lines[0]
    assert lines[1] == "---- good ----"


@pytest.mark.parametrize("bad", [_below, _broken])
def test_the_worst_code_is_returned_and_the_others_run(
    bad: Callable[[], int], history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "PARTS", (("bad", bad), ("good", _good)))
    assert bench.main() == 1
    text = history.read_text()
    assert "42 ns" in text
    assert ("below a floor" if bad is _below else "recordings/http.pcap is missing") in text


def test_the_text_is_kept_after_an_interrupt(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PARTS", (("good", _good), ("stopped", _stopped), ("below", _below)))
    with pytest.raises(KeyboardInterrupt):
        bench.main()
    text = history.read_text()
    assert "42 ns" in text
    assert "below a floor" not in text
