"""The producers of an interface that is counted in the kernel, and traced where it is quiet."""

from contextlib import ExitStack

from kbview.packet.filter.filter_tree import Tree
from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.counters.producer import CountersProducer
from kbview.sources.counting.packet_counts import PacketCounts
from kbview.sources.counting.producer import CountedTrace
from kbview.sources.counting.table import COUNTS, FATE, ProgramRow
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer
from kbview.tape.source import SourceError


def counted(
    device: str,
    clock: WatchClock,
    index: int,
    *,
    stories: bool = True,
    wanted: WantedPackets | None = None,
) -> list[Producer]:
    """Kernel counts and tracepoints lead; the counters add cores and sockets. Errors: SourceError."""
    with ExitStack() as opened:
        counts = packet_counts(index, COUNTS if stories else FATE, wanted=wanted)
        leader = CountedTrace(device, clock, index, counts, stories=stories, wanted=wanted)
        opened.callback(leader.close)
        beside = CountersProducer(clock, device, wanted=wanted)
        opened.pop_all()
    return [leader, beside]


def packet_counts(
    index: int, rows: tuple[ProgramRow, ...] = COUNTS, *, wanted: WantedPackets | None = None
) -> PacketCounts | None:
    """The programs for an interface; None where this kernel or our rights do not allow them.

    Raises SourceError for a filter that they cannot answer: nothing else could.
    """
    wanted = wanted or WantedPackets()
    try:
        return PacketCounts(index, rows, counted=_counted(wanted), told=wanted.shown)
    except (OSError, ValueError) as error:
        if wanted.chosen is not None:
            raise SourceError(
                f"a filter takes counting in the kernel: {error}; live: filters without it", 4
            ) from error
        return None


def _counted(wanted: WantedPackets) -> Tree | None:
    """The viewer's own connection is left out of stories only, unless there is a filter.

    Without one the totals are the interface's own, which count all packets.
    """
    return None if wanted.chosen is None else wanted.shown
