"""Stories: records of stations become the events of followed packets.

    FIRST -> RECEIVED -> QUEUED -> READ            an application has it
                      -> TAKEN, CONSUMED           a protocol of the kernel has it
                      -> DROPPED                   with the kernel's reason
                      -> AMISS, or nothing more    its end is not seen

Events are put into the order of time; the totals are counted in the kernel and not from them.
"""

from collections.abc import Callable

import msgspec

from kbview.sources.counting.station_record import StationRecord, StoryPoint
from kbview.sources.trace.meaning.layer import layer_of_drop, layer_of_function
from kbview.sources.trace.meaning.outbox import EventOutbox
from kbview.sources.trace.meaning.tracked_skb import counted_length, link_header
from kbview.tape.event import Account, Event
from kbview.tape.events import (
    EndUnseen,
    FrameArrived,
    PacketDelivered,
    PacketDropped,
    SkbAllocated,
    SkbFreed,
    SocketDequeued,
    SocketQueued,
    StepTaken,
)
from kbview.tape.histogram import Histogram
from kbview.tape.vocabulary import DropReason, Place, reason_of

_PATIENCE_NS = 1_000_000_000  # a packet that shows up nowhere for so long is not followed any more
_PS = 1000
_TRANSPORTS = {6: "tcp", 17: "udp"}


class FollowedPacket(msgspec.Struct):
    """One packet. `seen_ns` is the time of its last record, `received_ns` of IP's."""

    packet: int
    arrived_ns: int
    length: int
    seen_ns: int
    received_ns: int = 0


class Stories:
    """`to_ps` turns CLOCK_MONOTONIC into the tape's time, `locate` an address into a function's name,
    `reason` a number into a drop reason's name, `number` gives the next packet's number. `device` is
    the interface.

    `latency` and `kernel_latency` are of the followed packets.
    """

    def __init__(
        self,
        to_ps: Callable[[int], int],
        locate: Callable[[int], str],
        reason: Callable[[int], str],
        number: Callable[[], int],
        device: str,
    ) -> None:
        self._header = link_header(device)
        self.outbox = EventOutbox()
        self.latency = Histogram()
        self.kernel_latency = Histogram()
        self._to_ps, self._locate, self._reason, self._number = to_ps, locate, reason, number
        self._under_way: dict[int, FollowedPacket] = {}
        self._handlers: dict[int, Callable[[int, FollowedPacket, StationRecord], None]] = {
            StoryPoint.RECEIVED: self._received,
            StoryPoint.TAKEN: self._taken,
            StoryPoint.QUEUED: self._queued,
            StoryPoint.READ: self._read,
            StoryPoint.CONSUMED: self._consumed,
            StoryPoint.DROPPED: self._dropped,
            StoryPoint.AMISS: self._amiss,
        }

    def hear(self, record: StationRecord) -> None:
        """Take the next record. A record of a packet that is not followed any more is passed over."""
        time_ps = max(0, self._to_ps(record.time_ns))
        if record.point == StoryPoint.FIRST:
            self._first(time_ps, record)
            return
        followed = self._under_way.get(record.id)
        handle = self._handlers.get(record.point)
        if followed is not None and handle is not None:
            handle(time_ps, followed, record)
            followed.seen_ns = record.time_ns

    def release(self, until_ps: int) -> list[Event]:
        """The events up to a time, in order; nothing older may be heard afterwards."""
        return self.outbox.release(until_ps)

    def give_up(self, now_ns: int, *, all_of_them: bool = False) -> set[int]:
        """End the stories without a record for a second as unseen; the ids of these packets."""
        silent = {
            number: followed
            for number, followed in self._under_way.items()
            if all_of_them or now_ns - followed.seen_ns > _PATIENCE_NS
        }
        for number, followed in silent.items():
            self._tell(EndUnseen(max(0, self._to_ps(now_ns)), 0, followed.packet))
            del self._under_way[number]
        return set(silent)

    def _tell(self, event: Event) -> None:
        self.outbox.tell(event)

    # ---- stations --------------------------------------------------------------------------

    def _first(self, time_ps: int, record: StationRecord) -> None:
        packet, length = self._number(), counted_length(record.length, self._header)
        self._under_way[record.id] = FollowedPacket(packet, record.time_ns, length, record.time_ns)
        self._tell(FrameArrived(time_ps, max(0, record.extra - 1), packet, length))
        self._tell(SkbAllocated(time_ps, record.cpu, packet, record.queued))

    def _received(self, time_ps: int, followed: FollowedPacket, record: StationRecord) -> None:
        del time_ps
        followed.received_ns = record.time_ns

    def _climbed(self, followed: FollowedPacket, record: StationRecord) -> None:
        """The step of IP and its transport ends here."""
        if followed.received_ns:
            begun_ps = max(0, self._to_ps(followed.received_ns))
            duration_ps = (record.time_ns - followed.received_ns) * _PS
            step = "protocol_stack"
            self._tell(
                StepTaken(begun_ps, record.cpu, followed.packet, step, duration_ps, Account.SOFTIRQ)
            )

    def _queued(self, time_ps: int, followed: FollowedPacket, record: StationRecord) -> None:
        self._climbed(followed, record)
        name = _socket(record)
        self._tell(
            SocketQueued(time_ps, record.cpu, followed.packet, name, record.queued, record.limit)
        )

    # ---- ends ------------------------------------------------------------------------------

    def _read(self, time_ps: int, followed: FollowedPacket, record: StationRecord) -> None:
        name = _socket(record)
        self._tell(SocketDequeued(time_ps, record.cpu, followed.packet, name, record.queued))
        self._deliver(time_ps, followed, record, Place.APP)
        self.latency.add((self._age_ps(followed, record),))

    def _taken(self, time_ps: int, followed: FollowedPacket, record: StationRecord) -> None:
        self._take_in(time_ps, followed, record, Place.TCP)

    def _consumed(self, time_ps: int, followed: FollowedPacket, record: StationRecord) -> None:
        function = self._locate(record.address)
        self._take_in(time_ps, followed, record, layer_of_function(function) or Place.IP)

    def _take_in(
        self, time_ps: int, followed: FollowedPacket, record: StationRecord, where: Place
    ) -> None:
        self._climbed(followed, record)
        self._deliver(time_ps, followed, record, where)
        self._tell(SkbFreed(time_ps, record.cpu, followed.packet))
        self.kernel_latency.add((self._age_ps(followed, record),))

    def _deliver(
        self, time_ps: int, followed: FollowedPacket, record: StationRecord, where: Place
    ) -> None:
        age_ps = self._age_ps(followed, record)
        self._tell(
            PacketDelivered(time_ps, record.cpu, followed.packet, where, followed.length, age_ps)
        )
        del self._under_way[record.id]

    def _dropped(self, time_ps: int, followed: FollowedPacket, record: StationRecord) -> None:
        reason = reason_of(self._reason(record.extra))
        if reason == DropReason.QUEUE_PURGE:  # a FIN in a queue: TCP had taken it in
            self._take_in(time_ps, followed, record, Place.TCP)
            return
        self._climbed(followed, record)
        where = layer_of_drop(reason, self._locate(record.address), Place.IP)
        self._tell(PacketDropped(time_ps, record.cpu, followed.packet, where, reason, followed.length))
        self._tell(SkbFreed(time_ps, record.cpu, followed.packet))
        del self._under_way[record.id]

    def _amiss(self, time_ps: int, followed: FollowedPacket, record: StationRecord) -> None:
        self._queued(time_ps, followed, record)
        self._tell(EndUnseen(time_ps, record.cpu, followed.packet))
        del self._under_way[record.id]

    def _age_ps(self, followed: FollowedPacket, record: StationRecord) -> int:
        return max(0, record.time_ns - followed.arrived_ns) * _PS


def _socket(record: StationRecord) -> str:
    return f"{_TRANSPORTS.get(record.extra, 'socket')} :{record.port}"
