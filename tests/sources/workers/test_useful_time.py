"""Useful polling is work time, without the time that the core was somebody else's."""

import pytest

from kbview.sources.workers.useful_time import UsefulTime

MS = 1_000_000


def test_time_that_others_had_the_core_is_no_work() -> None:
    """50 frames an interval at 400 ns; in every third interval 4 ms went to another program."""
    useful, clock_ns, frames = UsefulTime(), 0, 0
    for interval in range(30):
        clock_ns += 50 * 400 + (4_000_000 if interval % 3 == 2 else 0)
        frames += 50
        useful.add(clock_ns, frames, (interval + 1) * 50 * MS)
    assert useful.total_ns == pytest.approx(30 * 50 * 400)
    assert useful.polling_ns == 30 * 50 * MS


def test_undisturbed_work_is_all_counted_and_no_frame_is_no_work() -> None:
    useful = UsefulTime()
    useful.add(20_000, 50, 50 * MS)
    useful.add(20_000, 50, 100 * MS)
    useful.add(40_000, 100, 150 * MS)
    assert useful.total_ns == 40_000


def test_more_work_than_time_on_the_core_is_no_split() -> None:
    """At first each interval holds 40 ms of another program, and 10 ms on the core; then none does."""
    useful, clock_ns = UsefulTime(), 0
    for interval in range(1, 21):
        clock_ns += 40 * MS
        useful.add(clock_ns, 50 * interval, 10 * MS * interval)
    assert (useful.total_ns, useful.polling_ns) == (0, 0)
    for interval in range(1, 11):
        clock_ns += 50 * 400
        useful.add(clock_ns, 1000 + 50 * interval, (200 + 50 * interval) * MS)
    assert 0 < useful.total_ns < useful.polling_ns <= 500 * MS


def test_ticks_of_the_kernel_s_clock_are_gathered_to_a_stretch() -> None:
    useful = UsefulTime()
    for interval in range(1, 5):
        useful.add(20_000 * interval, 50 * interval, 10 * MS * interval)
    assert useful.polling_ns == 0
    useful.add(100_000, 250, 50 * MS)
    assert (useful.total_ns, useful.polling_ns) == (100_000, 50 * MS)
