"""Sockets with their rates over the last interval of the screen, in three orders."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from kbview.state.interval import Interval
from kbview.tape.meter import Meters, SocketMeter

_FULL = "socket/SOCKET_RCVBUFF"


class SocketOrder(StrEnum):
    """The number that orders the sockets, the greatest first."""

    RATE = "rate"
    QUEUE = "queue"
    DROPS = "drops"


class RatedSocket(NamedTuple):
    """A socket with packets, bytes and drops a second of trace time; None where a rate is unknown."""

    meter: SocketMeter
    packets_pps: float | None
    bytes_per_s: float | None
    drops_pps: float | None

    @property
    def share(self) -> float:
        """How full the queue is, 0..1; 0 where its limit is unknown."""
        return self.meter.queued / self.meter.rcvbuf if self.meter.rcvbuf else 0.0


def rated(meters: Meters, recent: Interval | None) -> list[RatedSocket]:
    """All sockets; a socket that is younger than `recent` has no rate yet."""
    before = recent.before.meters.sockets if recent is not None else {}
    after = recent.after.meters.sockets if recent is not None else {}
    seconds = recent.duration_ps / 1e12 if recent is not None else 0.0

    def grown(name: str, count: Callable[[SocketMeter], int | None]) -> float | None:
        if name not in before or name not in after or not seconds:
            return None
        was, now = count(before[name]), count(after[name])
        return None if was is None or now is None else max(0, now - was) / seconds

    return [
        RatedSocket(
            meter,
            grown(name, received),
            grown(name, lambda one: one.received_bytes),
            grown(name, drops),
        )
        for name, meter in meters.sockets.items()
    ]


def received(meter: SocketMeter) -> int | None:
    """Packets that came to the socket, None where the source cannot count them."""
    return None if "received" in meter.unknown else meter.received


def drops(meter: SocketMeter) -> int | None:
    """Packets that the socket had no room for, None where the source cannot count them."""
    return None if "drops" in meter.unknown else meter.drops


def drops_are_behind(meters: Meters) -> bool:
    """Whether packets were dropped at full sockets since the sockets' own drops were counted."""
    counted = sum(drops(one) or 0 for one in meters.sockets.values())
    return meters.drops.get(_FULL, 0) > counted


def ordered(sockets: Iterable[RatedSocket], order: SocketOrder) -> list[RatedSocket]:
    """The sockets by this number, the greatest first; sockets without a known number come last."""
    return sorted(sockets, key=lambda one: (*_key(one, order), one.meter.name))


def _key(one: RatedSocket, order: SocketOrder) -> tuple[float, ...]:
    rate, bytes_per_s = _descending(one.packets_pps), _descending(one.bytes_per_s)
    queue = (-one.share, -one.meter.queued)
    if order is SocketOrder.QUEUE:
        return *queue, rate
    if order is SocketOrder.DROPS:
        return _descending(one.drops_pps), _descending(drops(one.meter)), *queue
    return rate, bytes_per_s, *queue


def _descending(number: float | None) -> float:
    """A sort key: the greatest number first, an unknown one behind 0."""
    return 1.0 if number is None else -number
