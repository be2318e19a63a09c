"""No reason of `kbview run --datapath all` contradicts the report that it is made from."""

import json
import re
from typing import Any

import pytest

from kbview.cli.main import main
from kbview.cli.report_text import MOST_BESIDE
from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.budget import FULL
from kbview.state.flows import FOUND_NOTHING
from kbview.tape.handover import FRAMES, NOTICE, TAP_NOTICE, TAPS
from tests.cli.sheets import ASKED_FOR, asked, shared

Told = dict[str, Any]
LOSS = re.compile(r"(a core is full, )?(nearly 100|[\d.e-]+) % lost, most at (.+)")
SPIN = re.compile(r"empty polls take (\d+) % of a core")


def many(scenario: str) -> bool:
    """Whether more datapaths can serve it than stand beside each other as columns."""
    source = resolve(scenario, Choice())
    source.close()
    return sum(not one.refusal for one in source.choices()) > MOST_BESIDE


MANY = [name for name in scenarios() if many(name)]


def whole(core: dict[str, int]) -> int:
    return sum(value for name, value in core.items() if name.endswith("_ps"))


def dearest(report: Told, part: str) -> None:
    """The steps that cost most, each with its ns for a packet."""
    told = re.findall(r"(\S+) ([\d,]+)(?:, |$)", part)
    stages = [one for one in report["stages"] if one["stage"] not in FOUND_NOTHING]
    most = sorted(stages, key=lambda one: -one["total_ps"])[: len(told)]
    assert [name for name, _ in told] == [one["stage"] for one in most]
    _, packets = shared(report)
    for (_, ns), one in zip(told, most, strict=True):
        assert int(ns.replace(",", "")) == round(one["total_ps"] / packets / 1000)


def lost(report: Told) -> int:
    """Packets that were missed, or dropped though nobody asked for it."""
    found: int = report["frames"]["dropped"] + report["frames"]["missed"] - asked(report)
    return found


def losses(report: Told, found: re.Match[str]) -> None:
    frames = report["frames"]
    share = 100 * lost(report) / frames["arrived"]
    full, told, where = found.groups()
    if told == "nearly 100":
        assert share >= 99
    else:
        assert float(told) == pytest.approx(share, rel=0.05, abs=0.5 if share >= 10 else 0)
    places = {
        f"{one['where']}: {one['reason']}": one["count"]
        for one in report["drops"]
        if (one["where"], one["reason"]) not in ASKED_FOR
    }
    places["no free descriptor"] = frames["missed"]
    assert places[where] == max(places.values())
    at_work = max(1 - (one["idle_ps"] + one["poll_empty_ps"]) / whole(one) for one in report["cores"])
    assert bool(full) is (at_work > FULL)


def reason(report: Told, text: str) -> None:
    """Each part of a reason, against the numbers of its report."""
    spins = max(one["poll_empty_ps"] / (whole(one) or 1) for one in report["cores"])
    parts = text.split("; ") if text else []
    assert bool(lost(report)) is any(LOSS.fullmatch(part) for part in parts)
    assert (spins > 0.5) is any(SPIN.fullmatch(part) for part in parts)
    for part in parts:
        if found := LOSS.fullmatch(part):
            losses(report, found)
        elif found := SPIN.fullmatch(part):
            assert int(found[1]) == round(100 * spins)
        else:
            dearest(report, part)


@pytest.mark.parametrize("scenario", MANY)
def test_no_reason_contradicts_its_report(scenario: str, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", scenario, "--until", "600", "--datapath", "all"]
    assert main([*run, "--json"]) == 0
    reports = {one["datapath"]: one for one in json.loads(capsys.readouterr().out)}
    assert main(run) == 0
    _, _, told = capsys.readouterr().out.partition("\nwhy: the dearest steps")
    reasons, _, legend = told.partition("\n\n")
    _, *lines = re.split(r"\n  (?=\S)", reasons)
    assert len(lines) == len(reports)
    for line in (" ".join(each.split()) for each in lines):
        name, _, text = line.partition(": ")
        reason(reports[name], text)
    words = " ".join(legend.split())
    assert (NOTICE in words) is bool(reports.keys() & (FRAMES - TAPS))
    assert (TAP_NOTICE in words) is bool(reports.keys() & TAPS)


def test_most_scenarios_have_many_datapaths() -> None:
    assert len(MANY) > 20
