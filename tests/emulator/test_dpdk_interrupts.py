"""DPDK's interrupt mode, as in examples/l3fwd-power: patience, one-shot interrupts, epoll."""

import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.tape import events as ev
from tests.emulator.running import ended, finished, told

SPARSE = Traffic(rate_pps=10_000, frames=200)
BUSY = Traffic(rate_pps=1e8, frames=30_000)


def test_a_sleep_is_an_interrupt_a_wake_up_and_two_system_calls() -> None:
    meters = finished("dpdk", Settings(cores=1, dpdk_interrupts=True), SPARSE)
    assert meters.interrupts == meters.wakeups == 200
    assert meters.syscalls == 2 * 200 + 1  # epoll_wait and read; and the epoll_wait that goes on
    assert meters.softirqs == 0
    assert meters.context_switches == 2 * 200 + 1
    assert meters.cores[0].idle_ps > 0.9 * 200 * 100_000_000


def test_the_events_of_one_turn_are_those_of_l3fwd_power() -> None:
    events = told("dpdk", Settings(cores=1, dpdk_interrupts=True), SPARSE)
    kinds = (ev.Spun, ev.IrqUnmasked, ev.SyscallEntered, ev.IrqRaised, ev.TaskWoken, ev.BurstReceived)
    names = [
        event.name if isinstance(event, ev.SyscallEntered) else type(event).__name__
        for event in events
        if isinstance(event, kinds)
    ]
    turn = ["Spun", "IrqUnmasked", "epoll_wait", "IrqRaised", "TaskWoken", "read", "BurstReceived"]
    assert names == turn * 200 + turn[:3]


@pytest.mark.parametrize("patience", [1, 10, 300])
def test_it_sleeps_after_so_many_empty_polls_in_a_row(patience: int) -> None:
    settings = Settings(cores=1, dpdk_interrupts=True, dpdk_empty_polls=patience)
    spun = {event.polls for event in told("dpdk", settings, SPARSE) if isinstance(event, ev.Spun)}
    assert spun == {patience}


def test_who_always_finds_something_never_sleeps() -> None:
    busy = finished("dpdk", Settings(cores=1, dpdk_interrupts=True), BUSY)
    polling = finished("dpdk", Settings(cores=1), BUSY)
    assert busy.interrupts <= 1
    assert busy.delivered == pytest.approx(polling.delivered, rel=0.02)  # it slept before the first


def test_a_frame_that_comes_between_the_last_poll_and_the_sleep_is_not_slept_over() -> None:
    """Gaps from none to well beyond the patience, 7 ns apart: nobody waits for a later frame."""
    for gap_ns in range(400, 1400, 7):
        settings = Settings(cores=1, dpdk_interrupts=True, moderation_us=0.0)
        meters = finished("dpdk", settings, Traffic(rate_pps=1e9 / gap_ns, frames=4))
        assert meters.delivered == 4
        assert meters.latency.greatest < 10_000_000


def test_a_sleeping_lcore_answers_for_all_its_queues() -> None:
    settings = Settings(cores=2, queues=6, dpdk_interrupts=True, app="echo")
    meters = finished("dpdk", settings, Traffic(rate_pps=50_000, frames=600, flows=60))
    assert meters.delivered == meters.sent == 600
    assert meters.interrupts >= meters.wakeups > 300


def test_who_only_sends_has_nothing_to_wait_for() -> None:
    with pytest.raises(ScenarioError, match='app = "generate" waits for none'):
        ended("dpdk", Settings(app="generate", dpdk_interrupts=True), Traffic(frames=0))
