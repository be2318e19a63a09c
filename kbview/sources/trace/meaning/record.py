"""A record: one tracepoint that was passed, with the values that its row in the table asks for."""

from typing import Any, NamedTuple

_HARDIRQ, _SOFTIRQ = 0x08, 0x10
LOST = "events lost"  # the point of a record for missing records: their number, 0 if unknown


class TraceRecord(NamedTuple):
    """`time_ns` is of the tracer's clock; `pid` the task that ran, in whatever context.

    `flags` are common_flags of include/linux/trace_events.h. `values` stand in the order of the
    tracepoint's `fields`; None where this kernel, or this text, has no value.
    """

    time_ns: int
    cpu: int
    pid: int
    flags: int
    point: str
    values: tuple[Any, ...]


def in_hardirq(flags: int) -> bool:
    """Whether the record was made in a hard interrupt."""
    return bool(flags & _HARDIRQ)


def in_softirq(flags: int) -> bool:
    """Whether the record was made in a softirq."""
    return bool(flags & _SOFTIRQ)
