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
_METERS = 1900  # all totals
_BUCKET = 70  # of a histogram; its lower bound is shared with the sample before, or its count is small
_STAGE = 130
_CORE = 480
_RING = 310
_SOCKET = 360
_NAMED = 120  # a number with its name: a drop, a gauge
_CAUSE = 300
_SOFTNET = 130  # 90 of an idle core, 170 of a core whose counters have all grown
_IRQ = 250


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
        + _SOFTNET * len(meters.softnet)
        + _IRQ * len(meters.irqs)
    )


def weight(record: Event) -> int:
    """How many single steps take as much memory as `record`; at least 1."""
    if isinstance(record, Sample):
        return 1 + meters_bytes(record.meters) // STEP_BYTES
    if isinstance(record, FrameRecorded):
        return 1 + len(record.data) // STEP_BYTES
    return 1
