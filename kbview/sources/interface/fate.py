"""The stack's fate of the packets that a ring shows: the kernel's own drops, counted by a program.

A ring is a tap: it is given each packet before the stack decides about it. So the ring leads, and a
program at `kfree_skb` says how many of the packets the stack gave up, why and where.
"""

import socket
from contextlib import ExitStack

from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.counters.subject import Subject
from kbview.sources.counting.packet_counts import PacketCounts
from kbview.sources.counting.table import FATE
from kbview.sources.counting.totals import CountedTotals
from kbview.sources.interface.ring.producer import RingProducer
from kbview.sources.interface.ring.totals import OWN_DROPS
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.sources.trace.live.symbols import Symbols
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import WatchedPath
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters

NOT_RECORDED = "not recorded: kbview's ring was full"
_OF_THE_STACK = ("delivered", "dropped", "drops", "delivered_bytes")
STACK_FATE = (
    "dropped and delivered are the stack's; latency is that of kbview's ring, which sees a packet "
    "before the stack decides"
)
TO_THE_RING = "what the stack delivers and drops is unknown here: bpf(2) counts it, and is refused"
READ_IN_RING = "delivered is delivered to kbview's ring; `--set fate=on` tells the stack's own drops"


class FateProducer(RingProducer):
    """The ring, with the stack's drops; these are unknown where bpf(2) is refused."""

    meters = RingProducer.meters | {"unsent"}
    way = WatchedPath(
        RingProducer.way.datapath,
        "a tap beside the stack, which copies into kbview's ring; a program counts the stack's drops",
        RingProducer.way.stations,
    )

    def __init__(
        self,
        interface: str,
        clock: WatchClock,
        settings: RingSettings,
        *,
        promiscuous: bool = False,
        wanted: WantedPackets | None = None,
    ) -> None:
        self._totals_of_stack: CountedTotals | None = None
        self._closing = ExitStack()
        with ExitStack() as undo:
            undo.callback(self._closing.close)
            self._open_counts(interface, wanted or WantedPackets())
            super().__init__(interface, clock, settings, promiscuous=promiscuous, wanted=wanted)
            undo.pop_all()

    def _open_counts(self, interface: str, wanted: WantedPackets) -> None:
        if wanted.asks_sockets:
            return
        try:
            counts = PacketCounts(socket.if_nametoindex(interface), FATE, counted=wanted.shown)
        except (OSError, ValueError):
            return
        self._closing.callback(counts.close)
        subject = Subject(interface)
        self._closing.callback(subject.close)
        self._totals_of_stack = CountedTotals(subject, counts, Symbols().name)
        self._closing.callback(self._totals_of_stack.close)

    @property
    def knows_fate(self) -> bool:
        """Whether the stack's drops are counted."""
        return self._totals_of_stack is not None

    def start(self) -> None:
        if self._totals_of_stack is not None:
            self._totals_of_stack.start()
        super().start()

    def settled_ps(self) -> int:
        if self._totals_of_stack is not None:
            try:
                self._totals_of_stack.read()
            except PermissionError:  # rights were given up, and this kernel asks for them again
                self._totals_of_stack = None
        return super().settled_ps()

    def show(self, meters: Meters) -> None:
        meters.drops.clear()
        super().show(meters)
        of_others = meters.unknown
        missing = meters.drops.pop(OWN_DROPS, 0)
        if missing:
            meters.gauges[NOT_RECORDED] = missing
        if self._totals_of_stack is None:
            meters.unknown = (*_OF_THE_STACK, *of_others)
            meters.delivered = meters.delivered_bytes = 0
            return
        meters.unknown = ("delivered_bytes", *of_others)
        meters.delivered_bytes = 0
        self._totals_of_stack.show_fate(meters)

    def told(self, detail: Detail) -> Detail:
        """The events end at the ring, and the totals at the stack: they are not counted together."""
        return min(detail, Detail.MILESTONES)

    def close(self) -> None:
        super().close()
        self._closing.close()
