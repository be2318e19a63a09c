"""Filters: only the watched interface and the watched tasks are paid for."""

import pytest

from kbview.sources.trace.live import filters
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.sources.trace.meaning.table import TRACEPOINTS, Scope

TARGET = WatchedInterface("veth0", vectors={38: 0, 40: 1}, ourselves=frozenset({9, 10}))

# scope, watched tasks, filter
TEXTS = [
    (Scope.DEVICE, (), 'name == "veth0"'),
    (Scope.POLL, (), 'dev_name == "veth0" || dev_name == "(no_device)"'),
    (Scope.VECTOR, (), "irq == 38 || irq == 40"),
    (Scope.NET_RX, (), "vec == 3"),
    (Scope.INET, (), "family == 2 || family == 10"),
    (Scope.WATCHED, (), "common_pid == -1"),
    (Scope.WATCHED, (5, 4), "common_pid == 4 || common_pid == 5"),
    (Scope.WATCHED, (5, 9), "common_pid == 5"),  # 9 is kbview itself
    (Scope.WATCHED, (9, 10), "common_pid == -1"),
    (Scope.AWAKE, (), "common_flags & 16"),
    (Scope.AWAKE, (4,), "common_flags & 16 || common_pid == 4"),
    (Scope.ALL, (4,), "common_pid >= 0"),
]


@pytest.mark.parametrize(("scope", "pids", "said"), TEXTS)
def test_the_filter_of_a_row(scope: Scope, pids: tuple[int, ...], said: str) -> None:
    assert filters.text(scope, TARGET, frozenset(pids)) == said


def test_a_system_call_of_a_task_that_is_not_watched_costs_nothing() -> None:
    """Every poll and read of the machine would fill the buffers, and be paid for by its caller."""
    calls = [point for point in TRACEPOINTS if point.system == "syscalls"]
    assert len(calls) > 30
    assert {filters.text(point.scope, TARGET, frozenset()) for point in calls} == {filters.NOBODY}


def test_no_filter_is_longer_than_a_page_or_empty() -> None:
    many = frozenset(range(1_000_000, 1_010_000))
    for point in TRACEPOINTS:
        crowded = WatchedInterface("x" * 15, ourselves=many, vectors=dict.fromkeys(many, 0))
        assert 0 < len(filters.text(point.scope, crowded, many)) < 4096
