"""Sockets by rate, queue and drops: unknown is behind 0."""

from kbview.state.interval import Interval
from kbview.state.socket_rates import RatedSocket, SocketOrder, ordered, rated
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, Sample, SocketMeter

S = 10**12


def over_two_seconds(before: list[SocketMeter], after: list[SocketMeter]) -> dict[str, RatedSocket]:
    """The sockets behind an interval of two seconds, by name."""
    samples = [
        Sample(at * S, Meters(sockets={one.name: one for one in sockets}), Detail.METERS)
        for at, sockets in ((1, before), (3, after))
    ]
    interval = Interval(*samples)
    return {one.meter.name: one for one in rated(samples[1].meters, interval)}


def names(sockets: dict[str, RatedSocket], order: SocketOrder) -> list[str]:
    return [one.meter.name for one in ordered(sockets.values(), order)]


def test_rates_are_growth_over_trace_time() -> None:
    found = over_two_seconds(
        [SocketMeter("a", received=100, drops=4, received_bytes=1000)],
        [SocketMeter("a", received=300, drops=10, received_bytes=5000)],
    )["a"]
    assert (found.packets_pps, found.bytes_per_s, found.drops_pps) == (100.0, 2000.0, 3.0)


def test_an_unknown_count_and_a_young_socket_have_no_rate() -> None:
    unknown = SocketMeter("u", received=0, unknown=("received", "drops"))
    found = over_two_seconds([unknown], [unknown, SocketMeter("young", received=9)])
    assert found["u"].packets_pps is found["u"].drops_pps is found["u"].bytes_per_s is None
    assert found["young"].packets_pps is None


def test_each_order_has_its_greatest_first_and_the_unknown_last() -> None:
    before = [
        SocketMeter("idle", rcvbuf=100),
        SocketMeter("full", rcvbuf=100),
        SocketMeter("busy", rcvbuf=100),
        SocketMeter("loser", rcvbuf=100),
        SocketMeter("unknown", rcvbuf=100, unknown=("received", "drops")),
    ]
    after = [
        SocketMeter("idle", rcvbuf=100),
        SocketMeter("full", queued=100, rcvbuf=100, received=1),
        SocketMeter("busy", queued=5, rcvbuf=100, received=90, drops=1),
        SocketMeter("loser", queued=50, rcvbuf=100, received=30, drops=8),
        SocketMeter("unknown", queued=20, rcvbuf=100, unknown=("received", "drops")),
    ]
    found = over_two_seconds(before, after)
    assert names(found, SocketOrder.RATE) == ["busy", "loser", "full", "idle", "unknown"]
    assert names(found, SocketOrder.QUEUE) == ["full", "loser", "unknown", "busy", "idle"]
    assert names(found, SocketOrder.DROPS) == ["loser", "busy", "full", "idle", "unknown"]
