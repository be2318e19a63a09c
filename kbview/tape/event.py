"""The Event contract: what happened to a packet or a core, in the past tense.

Every event has `time_ps` (integer picoseconds since the run began), then where, then what. `packet`
is the packet's number in the trace, from 0; `cpu` and `queue` are numbers. A class that stands for
a kernel tracepoint names it. The vocabulary is in `events/`, and which detail a class belongs to in
`events.DETAIL_OF`.
"""

from enum import StrEnum

import msgspec

NO_PACKET = -1
NO_LATENCY = -1  # nobody knows when it arrived
NO_CPU = -1  # hardware did it, or the source cannot know which core


class Mode(StrEnum):
    """The privilege a core runs in."""

    USER = "user"
    KERNEL = "kernel"


class Account(StrEnum):
    """What a core's time is booked to; together the accounts are all of its time."""

    IDLE = "idle"
    HARDIRQ = "hardirq"
    SOFTIRQ = "softirq"
    KSOFTIRQD = "ksoftirqd"
    SYSCALL = "syscall"
    COPY = "copy"
    USER = "user"
    POLL_USEFUL = "poll_useful"
    POLL_EMPTY = "poll_empty"


class Event(msgspec.Struct, array_like=True, tag=True, gc=False):
    """One thing that happened."""

    time_ps: int
