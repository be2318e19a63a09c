"""Reports of each bundled scenario, on its own datapath and on the kernel's, as last looked at.

KBVIEW_ACCEPT=1 writes them anew; the difference then says in numbers what a change to the model does.
A new datapath brings a scenario of its own, and with it one file; no other file changes.
"""

import json
import os
import random
import zlib
from pathlib import Path
from typing import Any

import pytest

from kbview.cli.main import main
from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.emulated.scenario import scenarios

FOLDER = Path(__file__).parent / "reports"
FRAMES = "2000"
ENDS = ("arrived", "delivered", "sent", "dropped", "missed", "in_flight")
KEPT = ("frames", "counts", "latency_ps", "drops")
DEAREST = 6
BASELINE = "kernel"
# The scenario of a datapath that opens on the datapath it is compared with.
COMPARED = {"short-connections": "mtcp"}
# Gaps between frames are drawn by log and pow, the only results of the C library in a report. Where
# both round as on the machine of the reports (glibc 2.36, x86-64), each number must be the same.
LIBRARY = 4028737003


def _library() -> int:
    """A checksum of 4,000 random gaps: the same wherever log and pow round alike."""
    drawn = random.Random(1)
    gaps = [(drawn.expovariate(1), drawn.paretovariate(1.4)) for _ in range(2000)]
    return zlib.crc32(repr(gaps).encode())


def datapaths(name: str) -> list[str]:
    """The datapaths that the file of a scenario is about."""
    wanted = {BASELINE, scenarios()[name].datapath, COMPARED.get(name)}
    return [datapath for datapath in DATAPATHS if datapath in wanted]


def reports(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The kept part of a scenario's reports, by datapath."""
    chosen = ",".join(datapaths(name))
    assert main(["run", name, "--datapath", chosen, "--until", FRAMES, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return {report["datapath"]: _kept(report) for report in found}


def _kept(report: dict[str, Any]) -> dict[str, Any]:
    kept = {key: report[key] for key in KEPT}
    kept["frames"] = {key: kept["frames"][key] for key in ENDS}
    if report["frames"]["consumed"]:
        kept["consumed"] = [report["frames"]["consumed"], report["kernel_latency_ps"]]
    stages = {each["stage"]: each["count"] for each in report["stages"][:DEAREST]}
    return kept | {"dearest": stages}


def near(found: Any, expected: Any) -> bool:
    """The same shape, and numbers within 1 %: a gap rounded otherwise moves a frame by a picosecond."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(
            near(found[key], expected[key]) for key in expected
        )
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(near, found, expected))
    if isinstance(expected, int) and isinstance(found, int):
        return bool(found == pytest.approx(expected, rel=0.01, abs=2))
    return bool(found == expected)


@pytest.mark.parametrize("name", sorted(scenarios()))
def test_a_scenario_reports_the_same_as_before(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = reports(name, capsys)
    path = FOLDER / f"{name}.json"
    if os.environ.get("KBVIEW_ACCEPT"):
        path.parent.mkdir(exist_ok=True)
        lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    expected = json.loads(path.read_text(encoding="utf-8"))
    assert found.keys() == expected.keys()
    if _library() == LIBRARY:
        assert found == expected
    for datapath, report in expected.items():
        assert near(found[datapath], report), (datapath, found[datapath], report)


def test_no_report_is_left_of_a_scenario_that_has_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(scenarios())


def test_every_datapath_has_a_report() -> None:
    assert {datapath for name in scenarios() for datapath in datapaths(name)} == set(DATAPATHS)
