"""An interface watched through AF_PACKET rings: read-only, beside the ordinary stack."""

import time

from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.counters.subject import Subject
from kbview.sources.interface.ring.opening import open_rings
from kbview.sources.interface.ring.policy import BlockPolicy
from kbview.sources.interface.ring.thread import RingThread
from kbview.sources.interface.ring.totals import KIND, KNOWN, OWN_DROPS, RingSum, RingTotals
from kbview.sources.linux.bpf.classic import compile_filter
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, RingMeter
from kbview.tape.source import SourceError
from kbview.tape.station import STACK, Domain, Station

_IRQ, _SOFTIRQ = STACK[0], STACK[1]
WAY = WatchedPath(
    "af_packet",
    "a tap beside the stack: one copy into a ring of kbview's; the stack's fate is not seen",
    (
        Station("wire", Domain.HARDWARE, "the link that is watched; of a virtual one, its other end"),
        Station("NIC", Domain.HARDWARE, "the interface and its driver", ("DescriptorDone",)),
        _IRQ,
        _SOFTIRQ,
        Station(
            "skb",
            Domain.KERNEL,
            "the driver's sk_buff as the tap is shown it: after GRO, so one may hold several frames",
            ("FrameArrived",),
        ),
        Station(
            "tap",
            Domain.KERNEL,
            "tpacket_rcv copies the bytes into the ring; the sk_buff itself goes on to IP as ever",
            ("Copied",),
        ),
        Station(
            "block ring",
            Domain.KERNEL,
            "blocks in shared memory: the kernel hands one over when it is full or its timer fires",
            ("BlockRetired", "BlockReleased"),
        ),
        Station(
            "app",
            Domain.USER,
            "kbview itself: reads a whole block without a system call and gives it back",
            ("PacketDelivered",),
        ),
    ),
)
_ASK_S = 1.0  # between two lists of the sockets that a filter asks for
OF_ALL_PACKETS = ("missed", "sent", "sent_bytes")
_LOOK_S = 1.0  # between two looks at whether a link that is down came up again
_OF_RINGS = (ev.BlockRetired, ev.BlockReleased, ev.SourceNoted)
_MILESTONES = (ev.FrameArrived, ev.PacketDelivered, ev.FrameRecorded)


class RingProducer(Producer):
    """Opens the rings of one interface. `wanted` None takes all packets.

    With a filter, counters of the whole interface are unknown: they are of other packets, too.
    """

    name = "af_packet"
    way = WAY
    meters = frozenset(KNOWN) | {"dropped", "in_flight", "rings", "drops", "latency"}

    def __init__(
        self,
        interface: str,
        clock: WatchClock,
        settings: RingSettings,
        *,
        promiscuous: bool = False,
        wanted: WantedPackets | None = None,
    ) -> None:
        self.link, rings = open_rings(interface, settings, promiscuous=promiscuous)
        self._subject = Subject(interface)
        self._bytes_before = 0
        self._wanted = wanted or WantedPackets()
        self._framing = self.link.framing()
        self._policy = BlockPolicy(settings, self._framing)
        self._reading_thread = RingThread(rings, clock, settings, self._policy, self._program())
        self._totals = RingTotals(
            [RingMeter(queue, ring.blocks, kind=KIND) for queue, ring in enumerate(rings)]
        )
        self._notes: list[str] = []
        self._counting_only = (
            f"headers are read for {settings.share:.0%} of a core; further packets are only counted, "
            "their bytes those that the interface counts"
        )
        self._gone: str | None = None
        self._waiting = not self.link.is_up()
        self._looked_s = self._asked_s = 0.0
        if self._waiting:
            self._notes.append(self._down_note())

    def _program(self) -> bytes:
        """The filter as the kernel runs it; b"" takes all packets."""
        tree = self._wanted.now()
        if tree is None:
            return b""
        try:
            return compile_filter(tree, header=self._framing.header)
        except ValueError as error:
            raise SourceError(str(error), 2) from error

    def start(self) -> None:
        self._bytes_before = self._subject.counts().rx_bytes
        self._reading_thread.start()

    def settled_ps(self) -> int:
        if self._reading_thread.failure is not None:
            raise SourceError(
                f"{self.link.name}: reading the ring failed: {self._reading_thread.failure}", 1
            )
        if self._reading_thread.down or self._waiting:
            self._look()
        if self._wanted.asks_sockets and time.monotonic() - self._asked_s >= _ASK_S:
            self._asked_s = time.monotonic()
            self._reading_thread.choose(self._program())
        return self._reading_thread.settled_ps()

    def _look(self) -> None:
        """The link is down or was: gone for good, or up again?"""
        now_s = time.monotonic()
        if not self._reading_thread.down and now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        fell, self._reading_thread.down = self._reading_thread.down, False
        if not self.link.exists():
            self._gone = f"{self.link.name} is gone: somebody removed the interface"
        elif self.link.is_up():
            self._notes += [f"{self.link.name} is up again"] if self._waiting else []
            self._waiting = False
        elif fell and not self._waiting:
            self._waiting = True
            self._notes.append(self._down_note())

    def _down_note(self) -> str:
        return f"{self.link.name} is down and brings nothing; ip link set {self.link.name} up"

    def take(self, until_ps: int) -> list[ev.Event]:
        if self._policy.passed_over and self._counting_only:
            self._notes.append(self._counting_only)
            self._counting_only = ""
        told: list[ev.Event] = [ev.SourceNoted(until_ps, note) for note in self._notes]
        self._notes.clear()
        events, lost = self._booked(until_ps)
        if lost:
            told.append(ev.EventsLost(until_ps, lost))
        return events + told

    def _booked(self, until_ps: int) -> tuple[list[ev.Event], int]:
        """What is told of the records up to then, all of them booked, and how many events were lost."""
        steps = self._policy.detail is Detail.STEPS
        events: list[ev.Event] = []
        lost = 0
        records = self._reading_thread.take(until_ps)
        self._totals.book(records)
        for record in records:
            if isinstance(record, RingSum):
                lost += record.lost
            elif steps or isinstance(record, _MILESTONES):
                events.append(record)
        return events, lost

    def show(self, meters: Meters) -> None:
        if self._wanted.chosen is not None:
            meters.missed = meters.sent = meters.sent_bytes = 0
            meters.unknown = OF_ALL_PACKETS
        self._totals.show(meters)
        if (self._policy.passed_over or meters.drops.get(OWN_DROPS)) and self._wanted.shown is None:
            self._show_counted_bytes(meters)
        elif meters.drops.get(OWN_DROPS):
            meters.unknown = (*meters.unknown, "arrived_bytes", "delivered_bytes")
        meters.banner = self._down_note() if self._waiting else ""

    def _show_counted_bytes(self, meters: Meters) -> None:
        """The interface's own count; how many bytes kbview itself was given is unknown then."""
        meters.arrived_bytes = self._subject.counts().rx_bytes - self._bytes_before
        meters.delivered_bytes = 0
        meters.unknown = ("delivered_bytes",)

    def spent(self, cpu_s: float) -> None:
        self._reading_thread.charge(cpu_s)

    @property
    def ended(self) -> str | None:
        return self._gone

    def set_detail(self, detail: Detail) -> None:
        self._policy.detail = detail

    def close(self) -> None:
        self._reading_thread.close()
        self._subject.close()


class BesideRing(RingProducer):
    """The same rings beside another producer, which knows better what becomes of the packets."""

    meters = frozenset({"rings"})

    def take(self, until_ps: int) -> list[ev.Event]:
        return [event for event in super().take(until_ps) if isinstance(event, _OF_RINGS)]

    def show(self, meters: Meters) -> None:
        self._totals.show_rings(meters)
