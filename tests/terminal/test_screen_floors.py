"""benchmarks/screen.py takes kbview apart; it fails above a promise, and only prints a missed aim."""

import re
from pathlib import Path

import pytest

from benchmarks import screen
from benchmarks.emulator import ROOT
from benchmarks.screen import Watched

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
BTOP = [Watched({"whole": 0.02}, 80.0)] * 3


def against(ratio: float, kilobytes: float = 5.0) -> tuple[list[str], list[str]]:
    """The answer to screen and fold of so many times btop's CPU, beside a source of any size."""
    drawing = 0.02 * ratio
    shares = {"screen": drawing / 2, "fold": drawing / 2, "source": 0.5, "whole": drawing + 0.5}
    kbview = [Watched(shares, kilobytes)] * 3
    return screen.against_promises("80x24 kbview", kbview, {"kbview": kbview, "btop": BTOP})


def test_a_missed_aim_is_printed_and_a_broken_promise_fails() -> None:
    assert against(screen.AIM * 0.99) == ([], [])
    missed, failed = against(screen.AIM * 1.01)
    assert "the aim is 2" in missed[0]
    assert not failed
    missed, failed = against(screen.PROMISED * 1.01)
    assert not missed
    assert "is promised" in failed[0]


def test_too_many_bytes_fail() -> None:
    assert against(1.0, screen.PROMISED_KB * 1.01)[1]


def test_the_promises_are_the_documents() -> None:
    text = " ".join(DOCUMENT.read_text("utf-8").split())
    (told,) = re.findall(r"exits with 1 above ([\d.]+) times btop's CPU .*?, or above (\d+) KB/s", text)
    assert tuple(map(float, told)) == (screen.PROMISED, screen.PROMISED_KB)


def test_the_parts_of_a_run_make_up_its_cpu_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares: dict[str, float] = {}
    for seconds in (2.0, 20.0):  # a busy machine draws its first frames late
        monkeypatch.setattr(screen, "WATCHED_S", seconds)
        watched = screen.watch_kbview(ROOT, (80, 24), str(tmp_path))
        shares = watched.shares
        if shares["whole"]:
            break
    assert shares.keys() == {*screen.PARTS, "whole"}
    assert all(share > 0 for share in shares.values())
    assert shares["whole"] == pytest.approx(sum(shares[each] for each in screen.PARTS))
    assert watched.kilobytes > 0
