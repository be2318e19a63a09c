"""The limits of a softirq loop, and the order of its list. Linux: kernel/softirq.c, net/core/dev.c."""

from itertools import pairwise

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape import events as ev
from tests.emulator.running import finished, told

FLOOD = Traffic(rate_pps=8e6, flows=64, frames=20_000)


def _first_loop(events: list[ev.Event]) -> tuple[list[int], ev.SoftirqEntered]:
    """When each run of the first loop began, and the run that follows the loop."""
    entered = [event for event in events if isinstance(event, ev.SoftirqEntered)]
    runs = [entered[0].time_ps]
    for event in entered[1:]:
        if event.by != "restart":
            return runs, event
        runs.append(event.time_ps)
    raise AssertionError("the loop does not end")


def test_a_loop_runs_ten_times_and_leaves_the_rest_to_ksoftirqd() -> None:
    """MAX_SOFTIRQ_RESTART; the reader has a core of its own, so nobody asks for this one."""
    runs, after = _first_loop(told("kernel", Settings(cores=2, wait="read"), FLOOD))
    assert len(runs) == 10
    assert after.by == "ksoftirqd"
    assert after.time_ps - runs[0] < 2 * 10**9


def test_a_loop_that_has_run_for_two_milliseconds_leaves_the_rest_to_ksoftirqd() -> None:
    """MAX_SOFTIRQ_TIME, on a core so slow that ten runs would take longer."""
    slow = Settings(cores=2, wait="read", clock_mhz=200)
    runs, after = _first_loop(told("kernel", slow, FLOOD))
    assert 1 < len(runs) < 10
    assert after.by == "ksoftirqd"
    assert runs[-1] - runs[0] < 2 * 10**9 <= after.time_ps - runs[0]


def test_a_device_that_used_up_its_weight_waits_behind_the_others() -> None:
    """net_rx_action: to the end of the list for the next run, so two full rings take turns."""
    events = told("kernel", Settings(cores=1, queues=2, wait="read"), FLOOD)
    polls = [event for event in events if isinstance(event, ev.NapiPolled)]
    full = [poll.queue for poll in polls if poll.work == poll.budget]
    assert len(full) > 20
    turns = sum(before != after for before, after in pairwise(full))
    assert turns >= 0.9 * (len(full) - 1)


def test_a_reader_that_sleeps_changes_places_with_idle_and_not_with_another_address_space() -> None:
    """arch/x86/mm/tlb.c enter_lazy_tlb(): the idle task keeps the page tables of its predecessor."""
    paced = finished("kernel", Settings(cores=2), Traffic(rate_pps=20_000, frames=100))
    assert paced.stages["idle_switch"].count == paced.context_switches >= 199
    assert "context_switch" not in paced.stages
    shared = finished(
        "kernel", Settings(cores=1, ksoftirqd_defers=True), Traffic(rate_pps=3e6, frames=20_000)
    )
    assert shared.stages["context_switch"].count > 0  # ksoftirqd and the reader
