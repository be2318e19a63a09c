"""Caches, TLBs and idle states, each on its own and on the paths."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.emulator.application import App
from kbview.emulator.cost import Prices
from kbview.emulator.hardware.idle import TICK_PS, Governor, idle_states
from kbview.emulator.hardware.machine import CState
from kbview.emulator.hardware.memory import missing, reach
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.sources.emulated import profile
from tests.emulator.running import at_both_details, finished

CALIBRATION = profile.load("xdp18")
US = 1_000_000


# ---- idle states -----------------------------------------------------------------------------------


def test_it_sleeps_as_deep_as_it_idled_before() -> None:
    """menu.c: what is expected follows what was seen, an eighth at a time."""
    states = idle_states(Prices(CALIBRATION), "C6")
    governor = Governor(states)
    exits = {state.name: state.exit_ps for state in states}
    assert governor.wake(150 * US) == 0
    woken = [governor.wake(150 * US) for _ in range(40)]
    assert woken == sorted(woken)
    assert woken[-1] == exits["C3"]
    assert [governor.wake(5 * US) for _ in range(40)][-1] == exits["C1"] == 0
    assert governor.wake(TICK_PS) == exits["C6"]


@given(st.lists(st.integers(0, 10**10)))
def test_no_deeper_than_it_may(idled: list[int]) -> None:
    states = idle_states(Prices(CALIBRATION), "C1E")
    governor = Governor(states)
    assert all(governor.wake(each) <= states[-1].exit_ps for each in idled)


@pytest.mark.parametrize("deepest", ["C1", "C1E", "C3", "C6"])
def test_a_frame_after_a_long_silence_waits_for_its_core(deepest: CState) -> None:
    meters = finished(
        "kernel", Settings(app="forward", max_cstate=deepest), Traffic(rate_pps=100, frames=20)
    )
    exit_ps = idle_states(Prices(CALIBRATION), deepest)[-1].exit_ps
    assert meters.latency.percentile(0.5) == pytest.approx(exit_ps + 3_700_000, rel=0.1)


def test_time_to_wake_is_idle_time() -> None:
    meters = finished("kernel", Settings(app="drop", cores=1), Traffic(rate_pps=1000, frames=50))
    core = meters.cores[0]
    assert core.hardirq_ps + core.softirq_ps < 0.003 * core.idle_ps


# ---- TLB and cache ---------------------------------------------------------------------------------


def test_what_fits_is_found_and_what_does_not_has_its_share() -> None:
    assert missing(64, 64) == 0
    assert missing(64, 128) == 0.5
    facts = CALIBRATION.memory
    assert facts is not None
    small, large = (reach(facts, "4K", buffers) for buffers in (64, 65_536))
    assert small.first == small.second == 0
    assert large.first > large.second > 0.9
    assert reach(facts, "2M", 4096) == (0, 0, 0)


def test_page_walks_are_counted_and_paid() -> None:
    traffic = Traffic(rate_pps=1e6, frames=4000)
    walked = finished("dpdk", Settings(ring=8192, page="4K"), traffic)
    facts = CALIBRATION.memory
    assert facts is not None
    share = reach(facts, "4K", 8192).second
    assert walked.tlb_misses == walked.stages["page_walk"].count
    assert walked.tlb_misses == pytest.approx(4000 * share, abs=1)
    assert finished("dpdk", Settings(ring=8192), traffic).tlb_misses == 0
    assert finished("kernel", Settings(), traffic).tlb_misses is None


def test_the_kernel_s_linear_map_of_16_gb_costs_six_cycles_a_touch_at_most() -> None:
    """Linux maps memory in 1 GB pages; buffers all over 16 GB use 16 entries; Intel has 4 and 16."""
    facts = CALIBRATION.memory
    assert facts is not None
    share = missing(facts.first_tlb[2], 16)
    assert missing(facts.second_tlb[2], 16) == 0
    assert share * CALIBRATION.steps["second_tlb"].cycles == 6
    datagram = finished("kernel", Settings(wait="read"), Traffic(rate_pps=1.5e6, frames=4000))
    busy_ps = sum(stage.total_ps for stage in datagram.stages.values()) / 4000
    assert 6e12 / CALIBRATION.clock_hz < 0.002 * busy_ps


@pytest.mark.parametrize("ring", [256, 4096])
def test_only_a_backlog_beyond_the_cache_s_share_misses_it(ring: int) -> None:
    overload = Traffic(rate_pps=8e6, size=1500, frames=12_000)
    calm = Traffic(rate_pps=1e5, size=1500, frames=500)
    crowded = finished("dpdk", Settings(ring=ring, app_cycles=1500), overload)
    assert ("llc_miss" in crowded.stages) == (ring == 4096)
    assert "llc_miss" not in finished("dpdk", Settings(ring=ring), calm).stages


@pytest.mark.parametrize("app", ["sink", "echo", "drop"])
def test_detail_changes_nothing_when_the_cache_overflows(app: App) -> None:
    traffic = Traffic(pattern="poisson", rate_pps=7e6, size=1500, frames=5000)
    coarse, fine = at_both_details("kernel", Settings(ring=4096, app=app, drop_at="raw"), traffic)
    assert coarse.stages["llc_miss"].count > 0
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)


def test_only_an_interrupt_in_user_mode_pollutes() -> None:
    """On a core of its own the handler finds nobody's cache to spoil."""
    traffic = Traffic(pattern="poisson", rate_pps=3e5, frames=2000)
    alone, shared = (
        finished("kernel", Settings(cores=cores, app_cycles=5000), traffic) for cores in (2, 1)
    )
    assert "cache_pollution" not in alone.stages
    assert 0 < shared.stages["cache_pollution"].count <= shared.interrupts


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"page": "4k"}, 'page = "4k" is unknown; use "4K", "2M" or "1G"'),
        ({"max_cstate": "C9"}, 'max_cstate = "C9" is unknown; use "C1", "C1E", "C3" or "C6"'),
        ({"nic_fifo_bytes": 1}, "nic_fifo_bytes = 1 is out of range; use 16384 to 1073741824"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings(**settings)
    assert str(caught.value) == message
