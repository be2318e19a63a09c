"""Emulated beside measured: the lab's receivers, and the model at the load that was measured."""

import argparse
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from kbview.sources.request import Choice
    from kbview.state.report import Report

LAB = "lab"
_SCENARIO = "paced-udp"
_USUAL_PS = 2 * 10**12  # how long each receiver runs, unless --until says otherwise
_EMULATED = "emulated"
_KEYS = ("traffic.size", "traffic.flows")  # what both understand


def reports(arguments: argparse.Namespace, names: list[str]) -> "list[Report]":
    """For each receiver what was measured and, where the model has its datapath, what it says."""
    from kbview.cli.choice import choice
    from kbview.cli.together import run_together
    from kbview.sources.resolve import datapaths, resolve_all

    asked = [choice(arguments, name) for name in names]
    until_ps = arguments.until[0] if arguments.until else _USUAL_PS
    labs = [msgspec.structs.replace(each, profile=None) for each in asked]
    measured = run_together(resolve_all(LAB, labs, None), until_ps)
    known = datapaths("all", _SCENARIO)
    pairs: list[Report] = []
    for each, report in zip(asked, measured, strict=True):
        pairs.append(report)
        if report.datapath in known:
            pairs += run_together(resolve_all(_SCENARIO, [_twin(each, report)], None), None)
            pairs[-1].datapath += f" {_EMULATED}"
        else:
            report.notes.append(f"this version emulates no {report.datapath}")
    return pairs


def _twin(asked: "Choice", report: "Report") -> "Choice":
    """The load that was measured, as a choice for the emulator."""
    from kbview.sources.request import Choice

    return Choice(
        datapath=report.datapath,
        profile=asked.profile,
        rate_pps=max(1.0, round(report.rates["offered_pps"] or 1.0)),
        frames=max(1, report.frames["arrived"] or 1),
        overrides=tuple((key, value) for key, value in asked.overrides if key in _KEYS),
    )
