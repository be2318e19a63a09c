"""`kbview validate`: tables for people, an object for programs, an exit code that means something."""

import json

import pytest

from kbview.cli import validate_text
from kbview.cli.main import main
from kbview.emulator.cost import Confidence
from kbview.experiment.point import Result
from kbview.validation import campaign
from kbview.validation.target import Curve, Role, Target
from kbview.validation.verdict import rows


def test_it_says_published_emulated_and_role(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "t6", "--json", "--jobs", "1", "--fresh"]) == 0
    (target,) = json.loads(capsys.readouterr().out)
    assert target["target"] == "T6"
    for point in target["points"]:
        assert point["inside"] is True
        assert point["role"] in ("fitted", "derived", "held-out")
        assert point["emulated"] >= 0


def test_a_point_outside_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(_curve: Curve, _result: Result) -> float:
        return 1e9

    monkeypatch.setattr(campaign, "value_of", wrong)
    assert main(["validate", "T6", "--jobs", "1", "--fresh"]) == 1
    out = capsys.readouterr().out
    assert "outside, and nobody says why:" in out
    assert "  0 targets (0 mechanisms) reproduced" in out


def test_a_point_outside_with_its_reason_is_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "T19", "--jobs", "1"]) == 0
    out = capsys.readouterr().out
    assert "  ~ recvmmsg of 32" in out
    assert "as docs/outside.md explains:\n    T19 recvmmsg of 32 at 1" in out


def test_a_reason_for_a_point_that_is_inside_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def published(curve: Curve, _result: Result) -> float:
        return curve.published[0]

    monkeypatch.setattr(campaign, "value_of", published)
    assert main(["validate", "T19", "--jobs", "1"]) == 1
    assert "listed as outside, and inside:\n    T19 recvmmsg of 32" in capsys.readouterr().out


def test_an_unknown_target_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "T99"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "target T99 is unknown; use T" in err
    assert len(err.splitlines()) == 1


def test_a_published_point_is_drawn_above_the_emulated_point_of_the_same_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    curve = Curve(
        name="c", quantity="handled_mpps", at=(1, 2, 3), published=(1, 2, 3), role=Role.FITTED
    )
    target = Target("T0", "t", "m", "s", Confidence.VERIFIED, curves=(curve,))
    found = rows(target, {("c", 0): 1.0, ("c", 1): 2.0, ("c", 2): 3.0})
    validate_text.print_tables([target], found, plot=True, took_s=1.0)
    picture = capsys.readouterr().out.partition("T0 c")[2]
    area = [line.partition("┤")[2] for line in picture.splitlines() if "┤" in line]
    assert "o" in "".join(area[3:])
    assert "published" in picture


def test_the_list_names_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", "--list"]) == 0
    assert "T9 " in capsys.readouterr().out
