"""Filters: what part of an event's passes the kernel is asked to record, in its own small language.

A filter is evaluated where the event happens; what it refuses takes no room in the buffer.
Linux: Documentation/trace/events.rst, 5. Event filtering
"""

from collections.abc import Callable, Iterable

from kbview.sources.trace.meaning.interrupts import NET_RX, NO_DEVICE
from kbview.sources.trace.meaning.scene import Target
from kbview.sources.trace.meaning.table import Whose

EVERY = "common_pid >= 0"
NOBODY = "common_pid == -1"
_IN_SOFTIRQ = "common_flags & 16"  # TRACE_FLAG_SOFTIRQ, include/linux/trace_events.h
_MOST_PIDS = 64  # a filter is a page of text at most


def _one_of(field: str, numbers: Iterable[int]) -> str:
    return " || ".join(f"{field} == {number}" for number in sorted(numbers)[:_MOST_PIDS])


_TEXTS: dict[Whose, Callable[[Target, frozenset[int]], str]] = {
    Whose.DEVICE: lambda target, _: f'name == "{target.device}"',
    Whose.POLL: lambda target, _: f'dev_name == "{target.device}" || dev_name == "{NO_DEVICE}"',
    Whose.VECTOR: lambda target, _: _one_of("irq", target.vectors),
    Whose.NET_RX: lambda _, __: f"vec == {NET_RX}",
    Whose.INET: lambda _, __: "family == 2 || family == 10",
    Whose.MERGED: lambda _, __: "ret <= 2",
    Whose.SOFTIRQ: lambda _, __: _IN_SOFTIRQ,
    Whose.AWAKE: lambda _, pids: " || ".join(filter(None, [_IN_SOFTIRQ, _one_of("common_pid", pids)])),
    Whose.OTHERS: lambda target, _: " && ".join(
        f"common_pid != {pid}" for pid in sorted(target.ourselves)[:_MOST_PIDS]
    ),
    Whose.WATCHED: lambda _, pids: _one_of("common_pid", pids) or NOBODY,
}


def text(whose: Whose, target: Target, pids: frozenset[int]) -> str:
    """The filter for a row of the table, when these tasks are watched."""
    made = _TEXTS.get(whose)
    return (made(target, pids) if made else "") or EVERY
