"""System calls and context switches displace cache lines of the application: FlexSC, OSDI 2010."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.emulator.cost import Prices
from kbview.emulator.hardware.memory import L1_LINES
from kbview.emulator.kernel.call.working_set import CALL_LINES, displaced
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from tests.emulator.running import at_both_details, finished

SETS, WAYS = 64, 8  # 32 KB of 64-byte lines
CALM = Traffic(rate_pps=2e5, frames=400)
FLOOD = Traffic(pattern="poisson", rate_pps=2e6, frames=40_000)


def gone(own: int, visit: int) -> int:
    """Lines of `own` that a least-recently-used cache lacks after a visit; both are spread evenly."""
    cache = [deque[str](maxlen=WAYS) for _ in range(SETS)]
    for owner, lines in (("own", own), ("visit", visit)):
        for line in range(lines):
            cache[line % SETS].append(owner)
    return own - sum(each.count("own") for each in cache)


@given(st.integers(0, WAYS), st.integers(0, 2 * WAYS))
def test_a_call_displaces_the_lines_that_a_cache_of_its_size_lacks(own: int, visit: int) -> None:
    """Exact where both fill whole rows of sets; between them the count is linear."""
    assert displaced(own * SETS, visit * SETS) == gone(own * SETS, visit * SETS)


def reads(lines: int, traffic: Traffic = CALM, **more: object) -> Meters:
    return finished("kernel", Settings(wait="read", app_lines=lines, **more), traffic)  # type: ignore[arg-type]


def count(meters: Meters, step: str) -> int:
    return meters.stages[step].count if step in meters.stages else 0


def test_a_working_set_that_fits_beside_the_call_costs_nothing() -> None:
    assert count(reads(L1_LINES - CALL_LINES), "call_refill") == 0
    assert count(reads(L1_LINES - CALL_LINES + 1), "call_refill") == 400


def test_the_indirect_cost_of_a_call_exceeds_its_direct_cost() -> None:
    """FlexSC, 2.2 and figure 3: pollution costs user code as much as the entry itself, or more."""
    stages = reads(L1_LINES).stages
    direct_ps = stages["syscall_enter"].total_ps + stages["syscall_exit"].total_ps
    assert stages["call_refill"].total_ps > direct_ps
    prices = Prices(profile.load("xdp18"))
    assert stages["call_refill"].total_ps == 400 * prices.times("call_refill", CALL_LINES).cost_ps


def test_calls_for_many_datagrams_share_it() -> None:
    """FlexSC's cure is fewer exceptions; recvmmsg() has them fewer as well."""
    single, batched = (reads(L1_LINES, FLOOD, recv_call=call) for call in ("recv", "recvmmsg"))
    assert count(single, "call_refill") == single.delivered
    assert count(batched, "call_refill") < batched.delivered / 20
    assert batched.delivered > 1.2 * single.delivered


def test_a_bypass_without_calls_loses_no_line() -> None:
    meters = finished("dpdk", Settings(app_lines=L1_LINES), CALM)
    assert count(meters, "call_refill") == count(meters, "switch_refill") == 0


def test_another_task_takes_all_lines() -> None:
    """ksoftirqd and the reader share a core in turns; on cores of their own no task comes between."""
    livelock = Traffic(pattern="poisson", rate_pps=3e6, frames=200_000)
    one, two = (reads(256, livelock, cores=cores) for cores in (1, 2))
    assert count(two, "switch_refill") == 0
    assert count(one, "switch_refill") == count(one, "context_switch") / 2 > 0  # there and back


@pytest.mark.parametrize("cores", [1, 2])
def test_detail_changes_nothing(cores: int) -> None:
    coarse, fine = at_both_details("kernel", Settings(cores=cores, app_lines=400), FLOOD)
    assert coarse.stages == fine.stages
    assert coarse.delivered == fine.delivered
