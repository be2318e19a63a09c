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
_KEYS = ("traffic.size", "traffic.flows")  # settings that both have
# Settings of a twin that the lab decides: veth's driver has no zero-copy mode (drivers/net/veth.c), and
# the lab's receiver sleeps in poll().
_AS_IN_THE_LAB = {"af_xdp": (("xdp_mode", "copy"), ("xsk_wait", "poll"))}
# Differences that no setting of the model takes away.
_UNLIKE = {
    "af_xdp": "af_xdp emulated: its NIC's driver has XDP; the lab's veth converts each sk_buff, with a "
    "copy more",
    "dpdk": "dpdk emulated: its NIC writes into the mbuf; the lab's driver is AF_XDP's on a veth, "
    "with two copies",
}


def reports(arguments: argparse.Namespace, names: list[str]) -> "list[Report]":
    """For each receiver what was measured and, where the model has its datapath, what it says."""
    from kbview.cli.choice import choice
    from kbview.cli.lab_factors import factors
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
            pairs += run_together(resolve_all(_SCENARIO, [twin(each, report)], None), None)
            report.notes += factors(report, pairs[-1])
            pairs[-1].datapath += f" {_EMULATED}"
            pairs[-1].notes += [_UNLIKE[report.datapath]] if report.datapath in _UNLIKE else []
        else:
            report.notes.append(f"this version emulates no {report.datapath}")
    return pairs


def twin(asked: "Choice", report: "Report") -> "Choice":
    """The load that was measured, as a choice for the emulator."""
    from kbview.sources.request import Choice

    return Choice(
        datapath=report.datapath,
        profile=asked.profile,
        rate_pps=max(1.0, round(report.rates["offered_pps"] or 1.0)),
        frames=max(1, report.frames["arrived"] or 1),
        overrides=(
            *((key, value) for key, value in asked.overrides if key in _KEYS),
            *_AS_IN_THE_LAB.get(report.datapath, ()),
        ),
    )
