"""What a receiver tells of single packets, as long as it is asked to and there is room."""

from collections.abc import Sequence

from kbview.sources.workers.message import Told
from kbview.tape.detail import Detail
from kbview.tape.event import NO_CPU
from kbview.tape.events import NO_LATENCY, FrameArrived, PacketDelivered
from kbview.tape.vocabulary import Place

MOST_TOLD = 6000  # events in one reading
_SNAP = 128
UNKNOWN = 0  # a stamp that nobody made

Stamp = tuple[int, int]  # the packet's number, and when it was sent: CLOCK_MONOTONIC, ns


class Sampling:
    """Gathers events until they are taken. Times are CLOCK_MONOTONIC in picoseconds."""

    def __init__(self) -> None:
        self.detail = Detail.METERS
        self.cpu = NO_CPU
        self.untold = 0
        self.events: list[Told] = []

    @property
    def milestones(self) -> bool:
        """Whether packets are to be told one by one."""
        return self.detail >= Detail.MILESTONES

    @property
    def snap(self) -> int:
        """Bytes of each frame that are to be told, where they can be had."""
        return _SNAP if self.milestones else 0

    @property
    def steps(self) -> bool:
        """Whether what lies between their milestones is to be told, too."""
        return self.detail >= Detail.STEPS

    def add(self, events: Sequence[Told]) -> None:
        """Tell these, or as many as there is room for."""
        room = MOST_TOLD - len(self.events)
        self.events += events[:room]
        self.untold += max(0, len(events) - room)

    def arrivals(self, received_ns: int, stamps: list[Stamp], lengths: list[int]) -> list[Told]:
        """When each was sent, or when it was seen where that is unknown."""
        return [
            FrameArrived((sent_ns or received_ns) * 1000, 0, number, length)
            for (number, sent_ns), length in zip(stamps, lengths, strict=True)
        ]

    def deliveries(self, received_ns: int, stamps: list[Stamp], lengths: list[int]) -> list[Told]:
        """All at once: when the application had them."""
        return [
            PacketDelivered(
                received_ns * 1000,
                self.cpu,
                number,
                Place.APP,
                length,
                max(0, received_ns - sent_ns) * 1000 if sent_ns else NO_LATENCY,
            )
            for (number, sent_ns), length in zip(stamps, lengths, strict=True)
        ]

    def forget(self) -> None:
        """They have been passed on."""
        self.events = []
        self.untold = 0
