"""`kbview calibrate` for real, and the emulator with what it found."""

import time
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.emulator.cost import Confidence
from kbview.sources.calibration.method import cost_ns
from kbview.sources.calibration.methods import METHODS
from kbview.sources.emulated import profile

pytestmark = pytest.mark.live


def test_it_measures_and_the_emulator_uses_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "here.toml"
    start = time.monotonic()
    assert main(["calibrate", "-o", str(path)]) == 0
    assert time.monotonic() - start < 60
    made = profile.load(str(path))
    own = {step: row for step, row in made.steps.items() if row.source.startswith("kbview calibrate")}
    assert set(own) <= {step for method in METHODS for step in method.steps}
    assert {"syscall_enter", "context_switch", "socket_recv"} <= set(
        own
    )  # those stand out of any noise
    assert own["syscall_enter"].confidence is Confidence.MEASURED
    assert all("half " in row.note for row in own.values())
    # A switch of tasks costs more than entering the kernel, on every machine there is.
    assert 1 < cost_ns("syscall_enter", made, {}) < cost_ns("context_switch", made, {}) < 1e6
    capsys.readouterr()
    assert main(["run", "paced-udp", "--profile", str(path)]) == 0
    assert f"with costs of {path}" in capsys.readouterr().out.replace("\n", "")


def test_what_cannot_be_a_name_is_refused_before_anything_is_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["calibrate", "xdp18"]) == 2
    assert main(["calibrate", "../up"]) == 2
    assert main(["calibrate", "--base", "none"]) == 2
    assert capsys.readouterr().err.count("\n") == 3
