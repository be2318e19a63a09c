"""A rate below a station is of packets, or the screen names its unit."""

import pytest

from kbview.state.flows import passed
from kbview.state.interval import Interval
from kbview.tape.detail import Detail
from kbview.tape.event import HOST_PACKETS
from kbview.tape.meter import Meters, Sample
from tests.contracts.played import CASES, Case, Played, played

# The things that a station counts whose steps are not taken once by each packet.
WORDS = {"irqs", "polls", "runs", "calls", "bursts", "events", "chunks", "mbufs", "jobs", "lines"}
WORDS |= {"misses", "wakes", "blocks", "bulks", "batches"}
UNITS = {  # net_rx_action() and the handler serve many packets; poll() and the engine's ioctl() a batch
    ("kernel", "irq"): "irqs",
    ("kernel", "softirq"): "polls",
    ("netmap", "poll"): "calls",
    ("psio", "ioctl"): "calls",
    ("kernel", "cpumap"): "batches",
    ("dpdk", "mbuf"): "mbufs",
    ("af_xdp", "umem"): "chunks",
    ("af_xdp", "wakeup"): "calls",
    ("mtcp", "futex"): "calls",
    ("mtcp", "events"): "events",
}


def whole(case: Case) -> Interval:
    """The whole beginning of a case, from the effects of its events on the meters."""
    meters = Meters()
    for record in played(case).records:
        record.change(meters)
    return Interval(Sample(0, Meters(), Detail.STEPS), Sample(0, meters, Detail.STEPS))


def packets_of(case: Played) -> int:
    """The packets that the records name, those of the wire and those that the host made."""
    numbers = {getattr(record, "packet", -1) for record in case.records} - {-1}
    return max(len(numbers), max((n for n in numbers if n < HOST_PACKETS), default=0) + 1)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_rate_without_a_unit_counts_packets(case: Case) -> None:
    interval, most = whole(case), packets_of(played(case))
    for station in played(case).stations:
        count, unit = passed(interval, station)
        assert unit in WORDS if unit else count <= most, f"{station.name}: {count} of {most}"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_batches_interrupts_and_calls_are_named(case: Case) -> None:
    if ("app", "generate") in case.overrides:
        return  # frames that nobody waits for are cleaned in the handler's poll, at irq
    interval = whole(case)
    for station in played(case).stations:
        wanted = UNITS.get((case.datapath, station.name))
        if wanted and not station.bypassed and passed(interval, station).number:
            assert passed(interval, station).unit == wanted
