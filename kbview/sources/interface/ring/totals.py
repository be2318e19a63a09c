"""The totals of a ring reader: totals and levels as they were at a moment that has settled.

Packets are read late, a block at a time; the totals of a moment must not know more than that
moment did. So everything is entered with its time, and booked when the moment comes.
"""

from collections.abc import Iterable

import msgspec

from kbview.tape.events import Event, PacketDelivered
from kbview.tape.meter import Meters, RingMeter
from kbview.tape.vocabulary import DropReason, Place, RingKind, drop_key

WHERE, REASON = Place.BLOCK, DropReason.PACKET_SOCK_ERROR  # as the kernel calls it since 6.9
OWN_DROPS = drop_key(WHERE, REASON)
KIND = RingKind.BLOCK
KNOWN = ("arrived", "delivered", "arrived_bytes", "delivered_bytes", "copies", "copied_bytes")
_LATENCIES = 64


class RingSum(msgspec.Struct):
    """The counts to add at `time_ps`, of packets that no event tells. `lost`: events not told."""

    time_ps: int
    arrived: int = 0
    arrived_bytes: int = 0
    copies: int = 0
    copied_bytes: int = 0
    delivered: int = 0
    delivered_bytes: int = 0
    drops: int = 0
    freezes: int = 0
    queue: int = 0
    lost: int = 0
    latencies_ps: list[int] = msgspec.field(default_factory=list)

    def add(self, other: "RingSum") -> None:
        """Take in a later sum; of many latencies a sample is enough."""
        for name in (*KNOWN, "drops", "freezes", "lost"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        if len(self.latencies_ps) < _LATENCIES:
            self.latencies_ps += other.latencies_ps
        self.time_ps = max(self.time_ps, other.time_ps)


class RingTotals:
    """What has been booked so far."""

    def __init__(self, rings: list[RingMeter]) -> None:
        self._meters = Meters(rings=rings)

    def book(self, records: Iterable[Event | RingSum]) -> None:
        """Enter records. Latencies go in all at once, at a fifth of the cost of single calls."""
        meters = self._meters
        latencies: list[int] = []
        for record in records:
            if isinstance(record, PacketDelivered):
                meters.delivered += 1
                meters.in_flight -= 1
                meters.delivered_bytes += record.length
                latencies.append(record.latency_ps)
            elif isinstance(record, RingSum):
                self._add(record)
            else:
                record.change(meters)
        meters.latency.add(latencies)

    def _add(self, tally: RingSum) -> None:
        meters = self._meters
        for name in KNOWN:
            setattr(meters, name, getattr(meters, name) + getattr(tally, name))
        meters.in_flight += tally.arrived - tally.delivered - tally.drops
        if tally.drops:
            meters.drop(WHERE, REASON, tally.drops)
        meters.rings[tally.queue].freezes += tally.freezes
        meters.latency.add(tally.latencies_ps)

    def show(self, meters: Meters) -> None:
        """Put the sums into the meters, on top of the frames that the NIC missed before the ring."""
        for name in KNOWN:
            setattr(meters, name, getattr(self._meters, name))
        meters.arrived += meters.missed
        meters.in_flight = self._meters.in_flight
        meters.drops.update(self._meters.drops)
        meters.latency = self._meters.latency
        self.show_rings(meters)

    def show_rings(self, meters: Meters) -> None:
        """Put only the rings into the meters."""
        others = [ring for ring in meters.rings if ring.kind != KIND]
        meters.rings = others + self._meters.rings
