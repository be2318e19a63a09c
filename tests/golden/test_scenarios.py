"""A report for each bundled scenario, as it was when somebody last looked at it.

KBVIEW_ACCEPT=1 writes them anew; the difference then says in numbers what a change to the model does.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kbview.cli.main import main
from kbview.sources.emulated.scenario import scenarios

FOLDER = Path(__file__).parent / "reports"
FRAMES = "2000"
KEPT = ("frames", "counts", "latency_ps", "drops")
DEAREST = 6


def told(name: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What is kept of the reports, by datapath."""
    assert main(["run", name, "--datapath", "all", "--until", FRAMES, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    return {report["datapath"]: _kept(report) for report in found}


def _kept(report: dict[str, Any]) -> dict[str, Any]:
    kept = {key: report[key] for key in KEPT}
    stages = {each["stage"]: each["count"] for each in report["stages"][:DEAREST]}
    return kept | {"dearest": stages}


def near(found: Any, expected: Any) -> bool:
    """The same shape, numbers within a hundredth: C libraries differ in the last bit of a logarithm."""
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
def test_it_reports_what_it_did(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = told(name, capsys)
    path = FOLDER / f"{name}.json"
    if os.environ.get("KBVIEW_ACCEPT"):
        path.parent.mkdir(exist_ok=True)
        lines = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    expected = json.loads(path.read_text(encoding="utf-8"))
    assert found.keys() == expected.keys()
    for datapath, report in expected.items():
        assert near(found[datapath], report), (datapath, found[datapath], report)


def test_none_is_left_of_a_scenario_that_has_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(scenarios())
