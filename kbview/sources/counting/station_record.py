"""A record of one station of a followed packet, as the programs write it."""

from enum import IntEnum

import msgspec

# u64 time, id, address; u32 cpu, pid, point, length, extra, port, queued, limit.
RECORD = "=QQQIIIIIIII"
RECORD_LENGTH = 56


class StoryPoint(IntEnum):
    """The station that a record is of."""

    FIRST = 0
    RECEIVED = 1
    TAKEN = 2
    QUEUED = 3
    READ = 4
    CONSUMED = 5
    DROPPED = 6
    AMISS = 7


class StationRecord(msgspec.Struct, frozen=True, array_like=True):
    """A record as the programs write it; `extra` is a queue, a drop reason or a protocol."""

    time_ns: int
    id: int
    address: int
    cpu: int
    pid: int
    point: int
    length: int
    extra: int
    port: int
    queued: int
    limit: int
