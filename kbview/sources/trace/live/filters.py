"""Filters: the part of an event's passes that the kernel records, in its own small language.

A filter is evaluated where the event happens; a refused event takes no room in the buffer.
Linux: Documentation/trace/events.rst, 5. Event filtering
"""

from collections.abc import Callable, Iterable

from kbview.sources.trace.meaning.interrupts import NET_RX, NO_DEVICE
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.sources.trace.meaning.table import Scope

EVERY = "common_pid >= 0"
NOBODY = "common_pid == -1"
_IN_SOFTIRQ = "common_flags & 16"  # TRACE_FLAG_SOFTIRQ, include/linux/trace_events.h
_MOST_PIDS = 64  # a filter is a page of text at most


def _one_of(field: str, numbers: Iterable[int]) -> str:
    return " || ".join(f"{field} == {number}" for number in sorted(numbers)[:_MOST_PIDS])


_TEXTS: dict[Scope, Callable[[WatchedInterface, frozenset[int]], str]] = {
    Scope.DEVICE: lambda target, _: f'name == "{target.device}"',
    Scope.POLL: lambda target, _: f'dev_name == "{target.device}" || dev_name == "{NO_DEVICE}"',
    Scope.VECTOR: lambda target, _: _one_of("irq", target.vectors),
    Scope.NET_RX: lambda _, __: f"vec == {NET_RX}",
    Scope.INET: lambda _, __: "family == 2 || family == 10",
    Scope.MERGED: lambda _, __: "ret <= 2",
    Scope.SOFTIRQ: lambda _, __: _IN_SOFTIRQ,
    Scope.AWAKE: lambda _, pids: " || ".join(filter(None, [_IN_SOFTIRQ, _one_of("common_pid", pids)])),
    Scope.WATCHED: lambda target, pids: _one_of("common_pid", pids - target.ourselves) or NOBODY,
}


def text(scope: Scope, target: WatchedInterface, pids: frozenset[int]) -> str:
    """The filter for a row of the table, when these tasks are watched."""
    made = _TEXTS.get(scope)
    return (made(target, pids) if made else "") or EVERY
