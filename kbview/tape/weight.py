"""The memory of a record, counted in single steps: a chunk is full by its memory, not by its number.

The bytes of a sample restored from a file were measured with tracemalloc on CPython 3.11 (64 bits). A
sample of a running emulator shares some of its numbers with the sample before, so it takes up to a
quarter less.
"""

from kbview.tape.event import Event
from kbview.tape.events import FrameRecorded
from kbview.tape.meter import Meters, Sample

HEAVY = frozenset({Sample, FrameRecorded})  # every other record weighs 1
STEP_BYTES = 150  # 119 in overload-udp, 179 in short-connections; a restored step takes 175 and 185
_METERS, _BUCKET, _STAGE, _CORE, _RING, _SOCKET, _NAMED, _CAUSE = (
    1900,  # all totals
    70,  # of a histogram; its lower bound is shared with the sample before, or its count is small
    130,
    480,
    310,
    360,
    120,  # a number with its name: a drop, a gauge
    300,
)


def meters_bytes(meters: Meters) -> int:
    """The bytes that these meters take in memory."""
    return (
        _METERS
        + _BUCKET * (len(meters.latency.counts) + len(meters.kernel_latency.counts))
        + _STAGE * len(meters.stages)
        + _CORE * len(meters.cores)
        + _RING * len(meters.rings)
        + _SOCKET * len(meters.sockets)
        + _NAMED * (len(meters.drops) + len(meters.gauges))
        + _CAUSE * len(meters.causes)
    )


def weight(record: Event) -> int:
    """How many single steps take as much memory as `record`; at least 1."""
    if isinstance(record, Sample):
        return 1 + meters_bytes(record.meters) // STEP_BYTES
    if isinstance(record, FrameRecorded):
        return 1 + len(record.data) // STEP_BYTES
    return 1
