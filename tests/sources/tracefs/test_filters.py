"""Filters: only the watched interface and the watched tasks are paid for."""

import pytest

from kbview.sources.trace.live import filters
from kbview.sources.trace.meaning.scene import Target
from kbview.sources.trace.meaning.table import TRACEPOINTS, Whose

TARGET = Target("veth0", vectors={38: 0, 40: 1}, ourselves=frozenset({9, 10}))

# whose, watched tasks, filter
TEXTS = [
    (Whose.DEVICE, (), 'name == "veth0"'),
    (Whose.POLL, (), 'dev_name == "veth0" || dev_name == "(no_device)"'),
    (Whose.VECTOR, (), "irq == 38 || irq == 40"),
    (Whose.NET_RX, (), "vec == 3"),
    (Whose.INET, (), "family == 2 || family == 10"),
    (Whose.OTHERS, (), "common_pid != 9 && common_pid != 10"),
    (Whose.WATCHED, (), "common_pid == -1"),
    (Whose.WATCHED, (5, 4), "common_pid == 4 || common_pid == 5"),
    (Whose.AWAKE, (), "common_flags & 16"),
    (Whose.AWAKE, (4,), "common_flags & 16 || common_pid == 4"),
    (Whose.ALL, (4,), "common_pid >= 0"),
]


@pytest.mark.parametrize(("whose", "pids", "said"), TEXTS)
def test_the_filter_of_a_row(whose: Whose, pids: tuple[int, ...], said: str) -> None:
    assert filters.text(whose, TARGET, frozenset(pids)) == said


def test_no_filter_is_longer_than_a_page_or_empty() -> None:
    many = frozenset(range(1_000_000, 1_010_000))
    for point in TRACEPOINTS:
        crowded = Target("x" * 15, ourselves=many, vectors=dict.fromkeys(many, 0))
        assert 0 < len(filters.text(point.whose, crowded, many)) < 4096
