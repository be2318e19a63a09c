"""Totals that are exact at any rate: the interface's own counters, and the programs' drops and polls.

    arrived    frames that the interface received, and frames that its ring missed
    dropped    packets of these that the kernel freed with a reason
    delivered  the rest: the stack has taken them, and sockets may still hold some of them

Linux: include/uapi/linux/if_link.h (rtnl_link_stats64), include/net/dropreason-core.h
"""

import time
from collections.abc import Callable

from kbview.sources.counters.subject import Subject
from kbview.sources.counting import pieces
from kbview.sources.counting.packet_counts import DropCause, PacketCounts
from kbview.sources.counting.port_owners import PortOwners
from kbview.sources.linux.netlink.links import LinkTotals
from kbview.sources.trace.meaning.layer import layer_of_drop
from kbview.tape.kernel_meter import DropMeter
from kbview.tape.meter import Meters, StageMeter
from kbview.tape.vocabulary import DropReason, Place, drop_key, reason_of

# Meters that only the events of every packet tell.
OF_EVENTS = (
    *("copies", "copied_bytes", "wakeups", "context_switches", "syscalls", "mode_switches"),
    *("allocations", "frees", "delivered_bytes", "consumed", "forwarded", "costs", "unseen"),
)
_OF_DROPS = ("delivered", "dropped", "drops", "polls", "empty_polls", "softirqs")
_OF_PASSES = ("polls", "empty_polls")
# Meters of the interface's own counters, which ask no filter.
OF_ALL_PACKETS = ("missed", "sent", "sent_bytes", "arrived_bytes")
_SHOWN = 64  # causes of drops
_TRANSPORTS = {6: "tcp", 17: "udp", 1: "icmp", 58: "icmpv6"}
# Packets that had come in, though no layer above the device has noted by which interface.
_INWARD = frozenset({DropReason.CPU_BACKLOG, DropReason.XDP, "TC_INGRESS", "PFMEMALLOC"})
# Copies for packet sockets: the packet itself goes on.
_COPIES = frozenset({DropReason.PACKET_SOCK_ERROR})


class CountedTotals:
    """`locate` turns an address into a function's name. Without `counts` no drop is known."""

    def __init__(
        self, subject: Subject, counts: PacketCounts | None, locate: Callable[[int], str]
    ) -> None:
        self._subject, self._counts, self._locate = subject, counts, locate
        self._owners = PortOwners()
        self._functions: dict[int, str] = {}
        self._since = self._now = LinkTotals()
        self._numbers_since = self._numbers = [0] * pieces.NUMBERS
        self._drops_since: dict[DropCause, int] = {}
        self._drops: dict[DropCause, int] = {}
        self._passed = 0  # packets that the filter had taken when a rate was asked for last
        self._rated: tuple[float, LinkTotals] = (0.0, self._now)

    def start(self) -> None:
        """Count from here."""
        self.read()
        self._since, self._numbers_since = self._now, self._numbers
        self._drops_since = dict(self._drops)
        self._drops = {}
        self._rated = (time.monotonic(), self._now)

    def read(self) -> None:
        """Read all of it once: the drops first, for a packet is counted by the link before it is
        dropped."""
        if self._counts is not None:
            found = self._counts.drops()
            before = self._drops_since
            self._drops = {cause: number - before.get(cause, 0) for cause, number in found.items()}
            self._numbers = self._counts.numbers()
        self._now = self._subject.counts()

    @property
    def arrived(self) -> int:
        """Frames that the interface received or missed, as last read."""
        now, since = self._now, self._since
        return now.rx_packets - since.rx_packets + now.rx_missed - since.rx_missed

    def rate_pps(self) -> float:
        """Frames a second, both directions, since the last call."""
        before_s, before = self._rated
        now_s = time.monotonic()
        self._rated = (now_s, self._now)
        if self._counts is not None and self._counts.filtered:
            passed, self._passed = (
                self._numbers[pieces.RECEIVED] - self._passed,
                self._numbers[pieces.RECEIVED],
            )
            return passed / max(now_s - before_s, 1e-6)
        grown = self._now.rx_packets + self._now.tx_packets - before.rx_packets - before.tx_packets
        return grown / max(now_s - before_s, 1e-6)

    def show(self, meters: Meters, seen: int) -> None:
        """Put the totals into the meters; all that only events tell is unknown from now on.

        `seen` packets were told in all, where no program counts."""
        if self._counts is not None and self._counts.filtered:
            self._show_filtered(meters)
            return
        now, since = self._now, self._since
        meters.missed = now.rx_missed - since.rx_missed
        meters.arrived = self.arrived
        meters.arrived_bytes = now.rx_bytes - since.rx_bytes
        meters.sent = now.tx_packets - since.tx_packets
        meters.sent_bytes = now.tx_bytes - since.tx_bytes
        _blank(meters)
        if self._counts is None:
            meters.unknown = (*OF_EVENTS, *_OF_DROPS)
            meters.arrived = max(meters.arrived, seen)
            return
        meters.unknown = OF_EVENTS
        self._show_counts(meters)

    def _show_filtered(self, meters: Meters) -> None:
        """The packets that the filter takes, behind GRO; the interface counts other packets, too."""
        for name in OF_ALL_PACKETS:
            setattr(meters, name, 0)
        _blank(meters)
        early = sum(count for cause, count in self._drops.items() if cause.reason in _INWARD)
        meters.arrived = self._grown(pieces.RECEIVED) + early
        self._show_counts(meters)
        meters.unknown = (*meters.unknown, *OF_ALL_PACKETS)

    def show_fate(self, meters: Meters) -> None:
        """Beside a source that counts arrivals by itself: the drops of the stack, and the rest.

        OSError where the programs cannot be read any more."""
        drops, meters.unsent = self._by_place()
        lost = sum(drops.values())
        meters.drops = drops
        meters.arrived = max(meters.arrived, lost + meters.missed)
        meters.delivered = meters.arrived - lost - meters.missed
        meters.in_flight = 0
        meters.causes = self.causes()

    def _show_counts(self, meters: Meters) -> None:
        drops, unsent = self._by_place()
        meters.drops = drops
        lost = sum(drops.values())
        meters.unsent = unsent
        meters.arrived = max(meters.arrived, lost + meters.missed)
        meters.delivered = meters.arrived - lost - meters.missed
        meters.causes = self.causes()
        if self._counts is None or not self._counts.counts_passes:
            meters.unknown = (*OF_EVENTS, *_OF_PASSES)
            meters.polls = meters.empty_polls = 0
            return
        meters.stages = {"protocol_stack": StageMeter(self._grown(pieces.RECEIVED))}
        meters.polls = self._grown(pieces.POLLS)
        meters.empty_polls = self._grown(pieces.EMPTY_POLLS)
        meters.softirqs = self._grown(pieces.SOFTIRQS)

    def _grown(self, place: int) -> int:
        return self._numbers[place] - self._numbers_since[place]

    def _by_place(self) -> tuple[dict[str, int], int]:
        """Packets that came in and were dropped, by "where/REASON"; packets that were not sent."""
        drops: dict[str, int] = {}
        unsent = 0
        for cause, number in self._drops.items():
            if not number or _is_no_loss(cause):
                continue
            place = self._place(cause)
            if _is_outward(cause, place):
                unsent += number
                continue
            key = drop_key(place, reason_of(cause.reason))
            drops[key] = drops.get(key, 0) + number
        unkeyed = self._grown(pieces.UNKEYED)
        if unkeyed:
            drops[drop_key(Place.OTHER, DropReason.NOT_SPECIFIED)] = unkeyed
        return drops, unsent

    def causes(self) -> list[DropMeter]:
        """The most frequent drops by reason, function, port and process, packets not sent included."""
        found: dict[tuple[Place, str, str, str], int] = {}
        for cause, number in self._drops.items():
            if number and not _is_no_loss(cause):
                where = self._place(cause)
                port = _port(cause)
                key = where, cause.reason, self._function(cause.location), port
                found[key] = found.get(key, 0) + number
        most = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
        return [
            DropMeter(where, reason_of(reason), function, port, self._owners.of(port), number)
            for (where, reason, function, port), number in most
        ]

    def close(self) -> None:
        """Ask for no more owners of ports."""
        self._owners.close()

    def _place(self, cause: DropCause) -> Place:
        reached = Place.QDISC if _is_outward(cause, Place.OTHER) else Place.IP
        return layer_of_drop(cause.reason, self._function(cause.location), reached)

    def _function(self, location: int) -> str:
        if location not in self._functions:
            self._functions[location] = self._locate(location)
        return self._functions[location]


def _is_outward(cause: DropCause, where: Place) -> bool:
    """Whether a packet was not sent. XDP programs run for packets that came in."""
    return cause.outward and cause.reason not in _INWARD and where is not Place.XDP


def _is_no_loss(cause: DropCause) -> bool:
    """A packet socket's copy, or a FIN that waited in the queue of a socket that ends."""
    purged = cause.reason == DropReason.QUEUE_PURGE and cause.empty and cause.protocol == 6
    return purged or cause.reason in _COPIES


def _port(cause: DropCause) -> str:
    name = _TRANSPORTS.get(cause.protocol, "")
    return f"{name} :{cause.port}" if cause.port else name


def _blank(meters: Meters) -> None:
    """No number of the events of single packets."""
    for name in OF_EVENTS:
        if isinstance(getattr(meters, name, None), int):
            setattr(meters, name, 0)
    meters.stages = {}
    meters.in_flight = meters.delivered = 0
    meters.drops = {}
