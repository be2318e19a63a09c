"""Runs of bursts (bypass/burst_runs.py) change nothing but the time that DPDK takes to emulate."""

from itertools import product
from typing import Any, Literal

import msgspec
import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic_description import Pattern, Size
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters
from tests.emulator.running import at_both_details, emulation

SETTINGS: list[dict[str, Any]] = [
    {},
    {"burst": 1},
    {"burst": 4, "ring": 32},
    {"cores": 2, "queues": 2},
    {"mempool_cache": 0},
    {"app_cycles": 500.0, "ring": 64},
    {"app": "drop"},
    {"app": "forward"},
    {"dpdk_interrupts": True},
    {"link_gbps": 10.0, "write_back": 4, "write_back_us": 2.0},
    {"page_conflicts": True},
]


def _same(settings: Settings, traffic: Traffic) -> Meters:
    """The meters, equal with and without runs."""
    coarse, fine = at_both_details("dpdk", settings, traffic)
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)
    assert coarse.conserved()
    return coarse


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("rate_pps", [3e5, 1e6, 8e6, 4e7])
def test_runs_of_bursts_change_nothing(settings: dict[str, Any], rate_pps: float) -> None:
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, frames=5000)
    assert _same(Settings(**settings), traffic).arrived == 5000


@pytest.mark.parametrize(("pattern", "size"), [*product(("constant", "onoff"), (64, 1518, "imix"))])
def test_runs_of_bursts_change_nothing_for_frames_of_any_pattern(pattern: Pattern, size: Size) -> None:
    traffic = Traffic(pattern=pattern, rate_pps=2e6, frames=5000, size=size)
    assert _same(Settings(), traffic).delivered == 5000


@pytest.mark.parametrize(("ring", "size"), [(64, 64), (8192, 1000)])
def test_runs_of_bursts_end_where_a_train_overflows_ring_or_cache(ring: int, size: int) -> None:
    traffic = Traffic(
        pattern="train", rate_pps=1e5, peak_pps=4e6, burst_frames=6000, frames=12_000, size=size
    )
    meters = _same(Settings(ring=ring, app_cycles=5000.0), traffic)
    assert meters.missed > 1000 or meters.stages["llc_miss"].count > 1000


@pytest.mark.parametrize("page", ["4K", "2M"])
def test_runs_of_bursts_change_nothing_where_frames_leave_the_cache(page: Literal["4K", "2M"]) -> None:
    settings = Settings(ring=4096, page=page, app_cycles=2000.0)
    meters = _same(settings, Traffic(rate_pps=4e6, frames=9000, size=1518))
    assert meters.stages["llc_miss"].count > 1000


@pytest.mark.parametrize("apart_ps", [777_777, 13_131_313])
def test_runs_of_bursts_end_where_a_sample_is_taken(apart_ps: int) -> None:
    """A sample between two bursts has every frame where it was."""
    traffic = Traffic(pattern="poisson", rate_pps=3e6, frames=9000)
    coarse, fine = (
        emulation("dpdk", Settings(), traffic, detail) for detail in (Detail.METERS, Detail.STEPS)
    )
    for until_ps in range(0, 4_000_000_000, apart_ps):
        coarse.advance(until_ps)
        fine.advance(until_ps)
        one, other = coarse.sample().meters, fine.sample().meters
        assert msgspec.to_builtins(one) == msgspec.to_builtins(other), until_ps
