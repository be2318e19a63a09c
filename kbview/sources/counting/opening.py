"""The producers of an interface that is counted in the kernel, and traced where it is quiet."""

from contextlib import ExitStack

from kbview.sources.counters.producer import CountersProducer
from kbview.sources.counting.packet_counts import PacketCounts
from kbview.sources.counting.producer import CountedTrace
from kbview.sources.counting.table import COUNTS, FATE, ProgramRow
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer


def counted(device: str, clock: WatchClock, index: int, *, stories: bool = True) -> list[Producer]:
    """Kernel counts and tracepoints lead; the counters add cores and sockets. Errors: SourceError."""
    with ExitStack() as opened:
        counts = packet_counts(index, COUNTS if stories else FATE)
        leader = CountedTrace(device, clock, index, counts, stories=stories)
        opened.callback(leader.close)
        beside = CountersProducer(clock, device)
        opened.pop_all()
    return [leader, beside]


def packet_counts(index: int, rows: tuple[ProgramRow, ...] = COUNTS) -> PacketCounts | None:
    """The programs for an interface; None where this kernel or our rights do not allow them."""
    try:
        return PacketCounts(index, rows)
    except (OSError, ValueError):
        return None
