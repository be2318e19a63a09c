"""The lab's books: readings of several receivers, conserved."""

from typing import Any

import pytest

from kbview.sources.workers.conversion import CONVERTED_COPIES, CONVERTED_SKBS
from kbview.sources.workers.load import Load
from kbview.sources.workers.message import Reading, Sent, StackCounts
from kbview.sources.workers.stations import way
from kbview.sources.workers.totals import ReceiverTotals
from kbview.tape.histogram import Histogram
from kbview.tape.meter import Meters, SocketMeter
from kbview.tape.station import Domain


def _reading(came: int, delivered: int, **values: Any) -> Reading:
    numbers: dict[str, Any] = dict.fromkeys(
        (
            *(
                "time_ns",
                "polls",
                "empty_polls",
                "syscalls",
                "copied_bytes",
                "skbs",
                "user_ns",
                "system_ns",
            ),
            *("polling_ns", "useful_ns", "voluntary", "involuntary"),
        ),
        0,
    )
    fixed: dict[str, Any] = {
        "kind": "",
        "mode": "",
        "drops": {},
        "rings": [],
        "sockets": {},
        "latency": Histogram(),
    }
    return Reading(
        **{**numbers, **fixed, "came": came, "delivered": delivered, "copies": delivered}
        | {"bytes": 64 * delivered, **values}
    )


def _sent(refused: int) -> Sent:
    return Sent(0, Load(), 0, 0, refused, 0, 0, 0, 0)


def _shown(books: ReceiverTotals) -> Meters:
    meters = Meters()
    books.show(meters)
    return meters


def test_every_frame_is_accounted_for_across_receivers() -> None:
    books = ReceiverTotals()
    books.read(_reading(1000, 0))  # what the link had received before is not ours
    books.sent(_sent(refused=3))
    books.read(_reading(1100, 80, drops={"socket/SOCKET_RCVBUFF": 15}))
    first = _shown(books)
    assert (first.arrived, first.delivered, first.dropped) == (103, 80, 15)
    assert (first.missed, first.in_flight) == (3, 5)
    assert first.conserved()
    books.read(_reading(1100, 85, drops={"socket/SOCKET_RCVBUFF": 15}))
    books.turn_over()
    books.read(_reading(1100, 0))
    between = _shown(books)
    assert (between.delivered, between.in_flight) == (85, 0)
    books.read(_reading(1200, 90, drops={"af_xdp/rx_dropped": 10}))
    last = _shown(books)
    assert (last.delivered, last.dropped, last.in_flight, last.missed) == (175, 25, 0, 3)
    assert last.drops == {"socket/SOCKET_RCVBUFF": 15, "af_xdp/rx_dropped": 10}
    assert last.conserved()


def test_sk_buffs_that_never_reach_the_stack_are_counted_beside_the_kernels() -> None:
    """An AF_XDP socket on a veth: the sender's and the converted one; ARP is all the stack sees."""
    books = ReceiverTotals()
    books.read(_reading(0, 0))
    books.read(_reading(100, 100, skbs=200, kernel=StackCounts(skbs=3)))
    assert _shown(books).allocations == 203
    books.turn_over()
    books.read(_reading(150, 50, kernel=StackCounts(skbs=50)))
    assert _shown(books).allocations == 253


def test_levels_are_the_present_receivers_only() -> None:
    books = ReceiverTotals()
    books.read(_reading(0, 0, sockets={"udp": SocketMeter("udp", queued=768)}))
    assert _shown(books).sockets["udp"].queued == 768
    books.turn_over()
    assert not _shown(books).sockets


def test_a_system_call_crosses_the_wall_twice_and_a_sleep_is_two_switches() -> None:
    books = ReceiverTotals()
    books.read(_reading(0, 0, syscalls=10, voluntary=4, involuntary=1))
    meters = _shown(books)
    assert meters.mode_switches == 20
    assert meters.context_switches == 10
    assert meters.wakeups == 4


def test_before_the_first_reading_nothing_is_known() -> None:
    books = ReceiverTotals()
    books.sent(_sent(5))
    assert _shown(books) == Meters()


def test_latencies_add_up() -> None:
    books = ReceiverTotals()
    for value in (5, 9):
        histogram = Histogram()
        histogram.add([value])
        books.read(_reading(0, 0, latency=histogram))
    latency = _shown(books).latency
    assert (latency.total, latency.least, latency.greatest) == (2, 5, 9)


def test_switches_of_a_receiver_are_derived_from_its_calls_and_sleeps() -> None:
    """A call enters and leaves the kernel; a task that leaves its core comes back to it."""
    books = ReceiverTotals()
    books.read(_reading(0, 0))
    books.read(_reading(100, 100, syscalls=110, voluntary=40, involuntary=2))
    shown = _shown(books)
    assert shown.mode_switches == 2 * 110
    assert shown.context_switches == 2 * (40 + 2)
    assert shown.wakeups == 40
    assert shown.interrupts == 0


@pytest.mark.parametrize("name", ["kernel", "af_packet", "af_xdp", "dpdk"])
def test_a_veth_is_software_and_converts_in_front_of_xdp(name: str) -> None:
    """drivers/net/veth.c veth_xdp_rcv_skb(), veth_convert_skb_to_xdp_buff(): an sk_buff and a copy."""
    by_name = {station.name: station for station in way(name, "", "").stations}
    assert by_name["wire"].domain is by_name["veth"].domain is Domain.KERNEL
    converts = "converts the sender's sk_buff, with a copy" in by_name["veth"].help
    assert converts is (name in ("af_xdp", "dpdk"))
    assert CONVERTED_COPIES == CONVERTED_SKBS == 2
