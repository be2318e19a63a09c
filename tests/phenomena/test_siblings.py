"""Hyper-threading: two threads of a core slow each other, and do more than one (Marr et al., 2002)."""

from dataclasses import replace

import msgspec
import pytest

from kbview.emulator.cost import Prices, UnpricedStepError
from kbview.emulator.emulation import Emulation
from kbview.emulator.hardware.account import IDLE, SYSCALL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.idle import Governor, idle_states
from kbview.emulator.hardware.placement import PlacementSettings, places
from kbview.emulator.hardware.running_totals import RunningTotals
from kbview.emulator.hardware.sibling import sibling_cores
from kbview.emulator.keys import ScenarioError
from kbview.emulator.recorder import Recorder
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from tests.emulator.running import after, at_both_details, emulation, finished

SOME = Traffic(pattern="poisson", rate_pps=2e5, frames=500)
SLOWDOWN = 1.6  # servers do 16 to 28 % more with both threads: 2 / 1.25
ONE_QUEUE = Settings(cores=2, queues=1, wait="read")


def threads() -> tuple[Prices, Core, Core]:
    """The two threads of a core, both idle."""
    prices = Prices(profile.load("xdp18"))
    seats = places(2, PlacementSettings(smt=True))
    governors = [Governor(idle_states(prices, "C1")) for _ in seats]
    counts = WorkCounts(RunningTotals(), Recorder())
    first, second = sibling_cores(seats, prices, governors, counts, SLOWDOWN)
    return prices, first, second


def test_a_step_is_slower_while_the_other_thread_works_and_only_then() -> None:
    prices, first, second = threads()
    step = prices.step("ip_rcv")
    first.spend(step)
    assert first.now_ps == step.cost_ps
    second.resting, second.account = False, SYSCALL
    first.spend(step)
    assert first.now_ps == step.cost_ps + round(SLOWDOWN * step.cost_ps)
    second.resting, second.account, second.now_ps = True, IDLE, first.now_ps + 1
    assert first.delay_ps(step) > 0  # the other thread worked up to there
    second.now_ps = first.now_ps
    assert first.delay_ps(step) == 0


def test_a_copy_waits_for_memory_and_is_not_slowed() -> None:
    prices, first, second = threads()
    copy, both = prices.step("copy_to_user"), prices.sequence("socket_recv", "copy_to_user")
    first.spend_copying(copy, 1000)
    alone_ps = first.now_ps
    second.resting = False
    first.spend_copying(both, 1000)
    slowed_ps = round(SLOWDOWN * prices.step("socket_recv").cost_ps)
    assert first.now_ps == 2 * alone_ps + slowed_ps
    assert prices.stages()["copy_to_user"].total_ps == 2 * alone_ps


def rate(settings: Settings) -> float:
    """The datagrams that a flood of 80 million a second leaves DPDK's application, a second."""
    made = emulation("dpdk", settings, Traffic(rate_pps=1e8, flows=512))
    before = after(1_000, made).delivered
    return (after(3_000, made).delivered - before) / 2e-3


def test_two_threads_do_a_quarter_more_than_one_core() -> None:
    """Each takes 1.6 times as long, so both do 2 / 1.6 of the work of one core."""
    one = rate(Settings(cores=1))
    two = Settings(cores=2, queues=2)
    assert rate(replace(two, smt=True)) == pytest.approx(2 / SLOWDOWN * one, rel=0.02)
    assert rate(two) == pytest.approx(2 * one, rel=0.02)


def reader_time_ps(settings: Settings) -> float:
    """The time of a reader that never rests for a datagram, ps."""
    made = emulation("kernel", settings, Traffic(rate_pps=2e6))
    before = after(5_000, made).delivered
    return 20e9 / (after(25_000, made).delivered - before)


def test_a_reader_beside_softirq_on_the_same_core_is_slower_by_the_factor_of_its_steps() -> None:
    """All its steps but the copy; lines that stay in the core's own caches are not moved."""
    prices = Prices(profile.load("xdp18"))
    call = ("syscall_enter", "socket_recv", "skb_free", "syscall_exit", "app_work")
    copy_ps = prices.step("copy_to_user").cost_ps + int(prices.step("copy_to_user").ps_per_byte * 18)
    expected_ps = SLOWDOWN * prices.sequence(*call).cost_ps + copy_ps
    assert reader_time_ps(replace(ONE_QUEUE, smt=True)) == pytest.approx(expected_ps, rel=0.03)


def test_the_other_thread_has_the_lines_that_softirq_wrote() -> None:
    assert "skb_lines" in finished("kernel", ONE_QUEUE, SOME).stages
    assert "skb_lines" not in finished("kernel", replace(ONE_QUEUE, smt=True), SOME).stages


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq", "af_xdp", "netmap"])
def test_a_thread_beside_an_idle_thread_is_a_core(datapath: str) -> None:
    alone = Settings(cores=2, queues=1, irq_cores=1, app_cpu=0)
    assert finished(datapath, replace(alone, smt=True), SOME) == finished(datapath, alone, SOME)


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq", "dpdk", "mtcp"])
def test_steps_of_a_slowed_thread_add_up_to_its_accounts(datapath: str) -> None:
    """Time that is told step by step is the time that the meters book."""
    settings = Settings(cores=2, smt=True, app_cycles=2000)
    offered = Traffic(pattern="poisson", rate_pps=1e6, frames=2000, flows=16)
    coarse, fine = at_both_details(datapath, settings, offered)
    assert coarse.cores == fine.cores
    busy_ps = sum(sum(_accounts(core)) for core in coarse.cores)
    told_ps = sum(stage.total_ps for stage in coarse.stages.values())
    assert busy_ps == pytest.approx(told_ps, rel=0.02)


def _accounts(core: object) -> list[int]:
    names = ("hardirq", "softirq", "ksoftirqd", "syscall", "copy", "user", "poll_useful", "poll_empty")
    return [getattr(core, f"{name}_ps") for name in names]


def test_an_odd_number_of_threads_is_refused() -> None:
    with pytest.raises(ScenarioError, match="use cores = 2"):
        Settings(cores=3, smt=True)


def test_a_profile_without_the_factor_is_refused() -> None:
    with pytest.raises(UnpricedStepError, match="add \\[siblings\\]"):
        made(Settings(smt=True))


def made(settings: Settings) -> Emulation:
    """An emulation on a profile that says nothing about siblings."""
    bare = msgspec.structs.replace(profile.load("xdp18"), siblings=None)
    return Emulation(bare, settings, SYNTHETIC_HOST, SOME.chunks(1), "kernel", SOME.peer(1, settings))
