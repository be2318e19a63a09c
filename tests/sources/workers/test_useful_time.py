"""Useful polling is work time, without the time that the core was somebody else's."""

import pytest

from kbview.sources.workers.useful_time import UsefulTime


def test_time_that_others_had_the_core_is_no_work() -> None:
    """50 frames an interval at 400 ns; in every third interval 4 ms went to another program."""
    useful, clock_ns, frames = UsefulTime(), 0, 0
    for interval in range(30):
        clock_ns += 50 * 400 + (4_000_000 if interval % 3 == 2 else 0)
        frames += 50
        useful.add(clock_ns, frames)
    assert useful.total_ns == pytest.approx(30 * 50 * 400)


def test_undisturbed_work_is_all_counted_and_no_frame_is_no_work() -> None:
    useful = UsefulTime()
    useful.add(20_000, 50)
    useful.add(20_000, 50)
    useful.add(40_000, 100)
    assert useful.total_ns == 40_000
