"""Measured beside emulated: the factor of each quantity is printed, with its reason."""

from typing import Any

import pytest

from kbview.cli.lab_factors import factors
from kbview.state.report import COUNTS, Report
from tests.state.test_bottleneck import report, stage

COUNTED = dict.fromkeys(COUNTS, 0)


def measured(datapath: str = "kernel", **fields: Any) -> Report:
    gauges = {
        "receiver CPU ns": 4_000_000,
        "sender CPU ns": 5_000_000,
        "rest of machine CPU ns": 5 * 10**8,
    }
    made: dict[str, Any] = {
        "datapath": datapath, "profile": None, "origin": "live", "duration_ps": 10**12,
        "gauges": gauges, "latency_ps": {"p50": 30_000_000},
        "counts": COUNTED | {"context_switches": 500},
    }  # fmt: skip
    return report(**made | fields)


def emulated(**fields: Any) -> Report:
    made: dict[str, Any] = {
        "stages": [stage("ip_rcv", 3000)], "latency_ps": {"p50": 15_000_000},
        "counts": COUNTED | {"context_switches": 2000},
    }  # fmt: skip
    return report(**made | fields)


def test_each_quantity_has_both_values_a_factor_and_a_reason() -> None:
    cpu, latency, switches, profile = factors(measured(), emulated())
    assert cpu.startswith(
        "kernel, CPU ns a delivered packet: measured 9,000, emulated 3,000, a factor of 3:"
    )
    assert "Python on both sides" in cpu
    assert latency.startswith("kernel, latency p50, us: measured 30, emulated 15, a factor of 2:")
    assert "used 0.5 cores meanwhile" in latency
    assert "measured 0.5, emulated 2, a factor of 0.25:" in switches
    assert "costs are those of xdp18" in profile
    assert "kbview calibrate" in profile


def test_with_the_measured_profile_nothing_sends_to_calibrate() -> None:
    own = emulated(
        profile="here", machine="a Xeon, Linux 6.18, measured 2026-11-30; the rest is xdp18's"
    )
    assert not [told for told in factors(measured(), own) if "calibrate" in told]


def test_the_work_of_a_poll_mode_driver_is_its_useful_polling_time() -> None:
    told = factors(
        measured("dpdk", cores=report({"poll_useful": 60_000_000, "poll_empty": 10**9}).cores),
        emulated(stages=[stage("rx_burst", 50)]),
    )
    assert "measured 60, emulated 50, a factor of 1.2: " in told[0]
    assert "upper bound" in told[0]


@pytest.mark.parametrize(
    "unknown", [{"latency_ps": {}}, {"latency_ps": {"p50": None}}, {"frames": {"delivered": 0}}]
)
def test_an_unknown_quantity_has_no_factor(unknown: dict[str, Any]) -> None:
    """Neither a missing percentile nor a receiver that got nothing is a factor of zero."""
    told = factors(measured(**unknown), emulated())
    assert not [each for each in told if "latency" in each and "latency_ps" in unknown]
    assert not [each for each in told if "a delivered packet" in each and "frames" in unknown]
