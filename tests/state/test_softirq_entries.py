"""Who has net_rx_action run, as the last records of a tape tell it."""

from typing import Literal

import pytest

from kbview.state.softirq_entries import SoftirqEntries
from kbview.tape.events import SoftirqEntered

By = Literal["irq_exit", "restart", "ksoftirqd", "local_bh_enable"]


def entered(*ways: tuple[int, By]) -> SoftirqEntries:
    """After these, each a core and how it came in."""
    entries = SoftirqEntries()
    for cpu, by in ways:
        entries.apply(SoftirqEntered(0, cpu, by))
    return entries


def test_a_restart_counts_for_the_way_its_loop_came_in() -> None:
    entries = entered(
        (0, "irq_exit"), (1, "local_bh_enable"), (0, "restart"), (1, "restart"), (1, "restart")
    )
    assert entries.shares() == {"irq_exit": pytest.approx(0.4), "local_bh_enable": pytest.approx(0.6)}


def test_a_restart_of_a_loop_that_nobody_saw_begin_is_not_counted() -> None:
    assert entered((0, "restart"), (0, "ksoftirqd")).shares() == {"ksoftirqd": 1.0}


def test_two_chunks_later_they_are_forgotten() -> None:
    entries = entered((0, "irq_exit"))
    entries.turn()
    assert entries.shares() == {"irq_exit": 1.0}
    entries.turn()
    assert entries.shares() == {}
