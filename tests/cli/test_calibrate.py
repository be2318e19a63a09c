"""`kbview calibrate` says which experiment runs and how many there are, before each of them."""

import sys

import pytest

from kbview.cli.main import main
from kbview.emulator.cost import Calibration
from kbview.sources.calibration import methods
from kbview.sources.calibration.method import Findings, Method


class Refusing(Method):
    """An experiment that cannot be done here; it says when it runs."""

    steps = ("syscall",)

    def __init__(self, name: str, ran: list[str]) -> None:
        self.name = name  # type: ignore[misc]  # two experiments of one class
        self._ran = ran

    def measure(self, base: Calibration, found: Findings) -> Findings:
        self._ran.append(self.name)
        sys.stderr.write(f"{self.name} runs\n")
        raise OSError("not here")


def test_each_experiment_is_announced_before_it_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(methods, "METHODS", (Refusing("copy", ran), Refusing("stack", ran)))
    assert main(["calibrate", "-o", "-"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert ran == ["copy", "stack"]
    assert said[:2] == ["1 of 2: copy", "copy runs"]
    assert said[3:5] == ["2 of 2: stack", "stack runs"]
