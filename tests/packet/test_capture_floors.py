"""benchmarks/capture.py fails below a floor of the ratio to dpkt, and only prints a missed aim."""

import re
from pathlib import Path

import pytest

pytest.importorskip("dpkt")

from benchmarks import capture, capture_rate

DOCUMENT = Path(__file__).parents[2] / "docs" / "performance.md"
CELLS = [(kind, check) for kind in capture.AIMS for check in capture.CHECKS]
ALL = [(name, kind, check) for name in capture.CAPTURES for kind, check in CELLS]


ROWS = {"tcp": "| TCP |", "udp": "| UDP |", "any length": "| TCP of any length |"}


@pytest.mark.parametrize("name", capture.CAPTURES)
def test_the_stated_ratios_are_the_documents(name: str) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    (row,) = (line for line in text.splitlines() if line.startswith(ROWS[name]))
    ratios = [float(each) for each in re.findall(r"\(([\d.]+)\)", row)]
    assert ratios == [capture.STATED[kind][check][name] for kind, check in CELLS]


def _run(dpkt: float, kbview: float) -> dict[str, float]:
    counts = {"flows": capture.FLOWS, "packets": capture.FRAMES, "dpkt packets": capture.FRAMES}
    return {**counts, "dpkt": dpkt, "lengths": kbview, "checksums": kbview}


@pytest.mark.parametrize(("name", "kind", "check"), ALL)
def test_a_ratio_fails_below_its_floor_alone(name: str, kind: str, check: str) -> None:
    floor, aim = capture.floor(name, kind, check), capture.AIMS[kind][check].get(name, 0.0)
    failed, missed = capture.against_aims(name, kind, check, floor * 0.99)
    assert "is promised" in failed
    assert missed == ""
    failed, missed = capture.against_aims(name, kind, check, floor * 1.01)
    assert failed == ""
    assert bool(missed) == (aim > floor * 1.01)
    assert capture.against_aims(name, kind, check, max(aim, floor)) == ("", "")


def test_compiled_promises_the_aims() -> None:
    """Three times dpkt for TCP and UDP, and not below it with checksums verified."""
    for name in ("tcp", "udp"):
        assert capture.floor(name, "compiled", "lengths") == 3
        assert capture.floor(name, "compiled", "checksums") == 1


@pytest.mark.parametrize(("kbview_s", "failures"), [(0.40, 0), (0.51, 1)])
def test_a_report_names_the_ratio(
    kbview_s: float, failures: int, capsys: pytest.CaptureFixture[str]
) -> None:
    failed, missed = capture.report("tcp", {"pure": [_run(1.0, kbview_s)] * 3})
    assert (len(failed), len(missed)) == (failures, 1 - failures)
    assert f"ratio {1 / kbview_s:.2f}" in capsys.readouterr().out


def test_a_report_fails_for_a_reader_that_loses_packets() -> None:
    run = {**_run(1.0, 0.1), "packets": capture.FRAMES - 1}
    failed, _ = capture.report("tcp", {"pure": [run]})
    assert failed == ["tcp pure: packets, flows or checksums are not as written"]


@pytest.mark.parametrize("name", capture.CAPTURES)
def test_a_written_capture_has_its_flows(name: str, tmp_path: Path) -> None:
    path = tmp_path / "few.pcap"
    capture.write(path, 5_000, name)
    found = capture_rate.measure(path)
    assert (found["flows"], found["packets"], found["dpkt packets"]) == (capture.FLOWS, 5_000, 5_000)
    assert min(found["dpkt"], found["lengths"], found["checksums"]) > 0
    path.write_bytes(path.read_bytes()[:-1] + b"\xff")
    assert capture_rate.flows(path) == 0
