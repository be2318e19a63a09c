"""The scheduler's law of shares: two tasks that are always ready share a core as their weights.

kernel/sched/core.c sched_prio_to_weight: 1024 at nice 0, 3121 at -5, 335 at 5. Softirqs at the exit of
an interrupt are no task, so no weight bounds them.
"""

import pytest

from kbview.emulator.hardware.run_queue import Context, RunQueue, weight_of
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.event import Mode
from kbview.tape.meter import Meters
from tests.emulator.running import emulation, stretch

MS_PS = 10**9


def overloaded(**keys: object) -> Meters:
    """80 ms of 8 million datagrams a second; their core's reader would need most of the core."""
    settings = Settings(cores=1, wait="read", app_cycles=40_000, sched_slice_us=300, **keys)  # type: ignore[arg-type]
    made = emulation("kernel", settings, Traffic(pattern="poisson", rate_pps=8e6))
    return stretch(made, 20_000, 80_000)


@pytest.mark.parametrize("nice", [-10, -5, 0, 5])
@pytest.mark.parametrize("cure", ["threaded_napi", "ksoftirqd_defers"])
def test_a_reader_and_a_polling_thread_share_as_their_weights(nice: int, cure: str) -> None:
    """w / (w + 1024) of 80 ms. Two slices of 0.3 ms are cut at the ends: 0.6 / 80 is 0.75 %."""
    core = overloaded(app_nice=nice, **{cure: True}).cores[0]
    reader_ps = core.user_ps + core.syscall_ps + core.copy_ps
    expected = weight_of(nice) / (weight_of(nice) + 1024)
    assert reader_ps / (reader_ps + core.ksoftirqd_ps) == pytest.approx(expected, abs=0.0075)


def test_no_weight_helps_against_softirqs_at_the_exit_of_an_interrupt() -> None:
    """__do_softirq() runs on the reader's own time: at nice -20 it is starved as at nice 0."""
    for nice in (0, -20):
        meters = overloaded(app_nice=nice)
        assert meters.delivered < 0.01 * (meters.arrived - meters.missed)


def test_a_weight_stretches_a_turn_as_it_shrinks_the_time_that_counts() -> None:
    """calc_delta_fair(): a task of weight 3121 runs 3.05 slices before it is a slice ahead."""
    queue = RunQueue()
    first, second = (Context(name, iter(()), 0, Mode.USER) for name in ("first", "second"))  # type: ignore[arg-type]
    queue.user_weight = weight_of(-5)
    queue.start(first)
    queue.add(second)
    turn_ps = queue.slice_ps * 3121 // 1024
    assert queue.turn_ends_ps == turn_ps
    assert queue.pick(turn_ps - 10) is first
    assert queue.pick(turn_ps + 10) is second


def test_each_step_of_nice_is_worth_a_tenth_of_the_core() -> None:
    """The table's own promise: a step down weighs a quarter more, 55 to 45 of two tasks."""
    for nice in range(-20, 19):
        assert weight_of(nice) / weight_of(nice + 1) == pytest.approx(1.25, rel=0.08)
