"""From findings to a profile that can be read back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.cli.calibrate import _told
from kbview.emulator.cost import Calibration, Confidence
from kbview.sources.calibration import writing
from kbview.sources.calibration.machine import MachineFacts, this_machine
from kbview.sources.calibration.method import Findings, MeasuredCost, cost_ns
from kbview.sources.calibration.methods import METHODS
from kbview.sources.calibration.spread import Spread, exactly, of, timed
from kbview.sources.emulated import profile
from kbview.tape.source import SourceError

MACHINE = MachineFacts("Some CPU", "Linux 6.18", 2_000_000_000, "2026-11-25")
BASE = profile.load("xdp18")


def _made(findings: Findings) -> Calibration:
    return writing.profile("here", BASE, MACHINE, findings)


def _read_back(made: Calibration, tmp_path: Path) -> Calibration:
    path = tmp_path / "here.toml"
    path.write_text(writing.toml(made), encoding="utf-8")
    return profile.load(str(path))


def test_what_was_found_is_priced_and_the_rest_is_the_bases(tmp_path: Path) -> None:
    made = _made(
        {
            "context_switch": MeasuredCost("so", exactly(3000.0)),
            "idle_exit": MeasuredCost("so", exactly(50.0)),
        }
    )
    back = _read_back(made, tmp_path)
    switch = back.steps["context_switch"]
    assert switch.confidence is Confidence.MEASURED
    assert switch.cycles == 6000  # at 2 GHz; the base has it in cycles
    assert "Some CPU" in switch.source
    assert back.steps["idle_exit"].ns == 50  # the base has it in ns
    assert cost_ns("context_switch", back, {}) == 3000
    assert set(back.steps) == set(BASE.steps)
    assert back.steps["hardirq"].confidence is Confidence.ASSUMED
    assert "xdp18" in back.steps["hardirq"].note


def test_a_byte_alone_leaves_the_rest_of_the_row(tmp_path: Path) -> None:
    row = _read_back(
        _made({"copy_to_user": MeasuredCost("so", ns_per_byte=exactly(0.25))}), tmp_path
    ).steps["copy_to_user"]
    assert row.ns_per_byte == 0.25
    assert row.cycles == BASE.steps["copy_to_user"].cycles


@pytest.mark.parametrize("spread", [Spread(-3.0, -9.0, 4.0, 10), Spread(327.9, -69.9, 699.4, 10)])
def test_a_cost_with_quartiles_that_straddle_zero_stays_the_bases(spread: Spread) -> None:
    finding = MeasuredCost("so", spread)
    assert "udp_rcv" not in _made({"udp_rcv": finding}).steps
    assert cost_ns("udp_rcv", BASE, {"udp_rcv": finding}) == cost_ns("udp_rcv", BASE, {})
    assert "refused" in _told("udp_rcv", finding)


def test_a_cost_says_how_sure_it_is() -> None:
    assert "100.0 ns within 10 %" in _told(
        "udp_rcv", MeasuredCost("so", Spread(100.0, 90.0, 110.0, 10))
    )


def test_what_something_else_went_into_is_derived() -> None:
    made = _made({"udp_rcv": MeasuredCost("so", exactly(5.0), derived=True)})
    assert made.steps["udp_rcv"].confidence is Confidence.DERIVED


@given(st.text(max_size=30))
def test_any_cpu_name_makes_a_file_that_reads_back(name: str) -> None:
    import tomllib

    machine = MachineFacts(name, "Linux", 1, "2026-11-25")
    text = writing.toml(
        writing.profile("here", BASE, machine, {"udp_rcv": MeasuredCost(name, exactly(1.0))})
    )
    assert name in tomllib.loads(text)["summary"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("name = ", "not a cost profile"), ('name = "x"', "not a cost profile"), (None, "cannot be read")],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "x.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=said) as caught:
        profile.load(str(path))
    assert caught.value.exit_code == 3


def test_profiles_of_ones_own_are_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    profile.folder().mkdir(parents=True)
    (profile.folder() / "mine.toml").write_text(
        writing.toml(_made({"udp_rcv": MeasuredCost("so", exactly(9.0))}))
    )
    assert "mine" in profile.names()
    assert profile.load("mine").base == "xdp18"
    with pytest.raises(SourceError, match=r"unknown; use one of .*mine"):
        profile.load("yours")


def test_every_experiment_names_steps_that_there_are() -> None:
    steps = [step for method in METHODS for step in method.steps]
    assert len(steps) == len(set(steps))
    assert set(steps) <= set(BASE.steps)


def test_spreads_subtract_with_what_they_are_uncertain_by() -> None:
    one, other = Spread(10.0, 9.0, 12.0, 5), Spread(4.0, 3.0, 6.0, 9)
    assert one.less(other) == Spread(6.0, 3.0, 9.0, 5)
    assert of([1.0, 2.0, 3.0]).median == 2


def test_timing_divides_by_what_was_done() -> None:
    counts: list[int] = []
    spread = timed(counts.append, 1000, 5)
    assert counts == [1000] * 5
    assert spread.samples == 5
    assert 0 < spread.median < 1000  # ns for a thousandth of an append


def test_this_machine_has_a_name_and_a_kernel() -> None:
    machine = this_machine()
    assert machine.cpu
    assert machine.kernel.startswith("Linux ")
