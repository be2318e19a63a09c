"""Receive-side scaling spreads flows over queues as balls are thrown into urns."""

import random
from collections import Counter
from math import sqrt
from statistics import fmean, stdev

import pytest

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic.flows import udp_flows
from kbview.emulator.traffic.ports import PortChoice, source_ports
from kbview.tape.detail import Detail
from kbview.tape.events import FrameArrived
from tests.emulator.running import ended

SEEDS = 200
ENTRIES = 128  # of the indirection table


def counts(flows: int, queues: int, seed: int, choice: PortChoice = "ephemeral") -> list[int]:
    """Flows of each queue, by the low bits of the Toeplitz hash."""
    made = udp_flows(flows, 9000, source_ports=source_ports(choice, seed))
    spread = Counter(flow.rss_hash % ENTRIES % queues for flow in made)
    return [spread[queue] for queue in range(queues)]


@pytest.mark.parametrize("queues", [2, 4, 8, 16])
@pytest.mark.parametrize("flows", [16, 64, 1000])
def test_flows_over_queues_are_multinomial(flows: int, queues: int) -> None:
    """Pearson's statistic of a multinomial has the mean q - 1 and the variance 2 (q - 1) (1 - 1/n).

    The mean of 200 seeds is within four standard errors, and 3.5 % less for 1,000 of 28,232 ports that
    none takes twice. The greatest share is compared with that of balls thrown into urns, 2,000 times.
    """
    even = flows / queues
    found = [counts(flows, queues, seed) for seed in range(SEEDS)]
    pearson = fmean(sum((each - even) ** 2 for each in spread) / even for spread in found)
    error = 4 * sqrt(2 * (queues - 1) / SEEDS)
    assert pearson == pytest.approx(queues - 1, abs=error + 0.035 * (queues - 1))
    generator = random.Random(1)
    urns = [
        max(Counter(generator.randrange(queues) for _ in range(flows)).values()) / even
        for _ in range(2000)
    ]
    tops = [max(spread) / even for spread in found]
    assert fmean(tops) == pytest.approx(fmean(urns), abs=4 * stdev(urns) / sqrt(SEEDS))


def test_a_generator_that_steps_through_ports_spreads_evenly() -> None:
    """The Toeplitz hash is linear: 2**k ports in a row give each value of k low bits equally often."""
    assert counts(1024, 8, 1, "consecutive") == [128] * 8


def test_clients_take_ports_as_linux_does() -> None:
    """RFC 6056, 3.2 and 3.3.1; ip_local_port_range is 32768 to 60999. No port is taken twice."""
    ports = [port for port, _ in zip(source_ports("ephemeral", 3), range(40_000), strict=False)]
    assert len({*ports}) == 40_000
    assert all(32_768 <= port <= 60_999 for port in ports[:28_232])
    assert min(ports) >= 1024
    again = [port for port, _ in zip(source_ports("ephemeral", 3), range(100), strict=False)]
    other = [port for port, _ in zip(source_ports("ephemeral", 4), range(100), strict=False)]
    assert again == ports[:100] != other


def test_the_queues_of_a_run_are_those_of_the_flows() -> None:
    """The emulated NIC agrees with the spread that is computed here."""
    settings = Settings(cores=4, queues=4)
    offered = Traffic(flows=64, frames=640)
    events = ended("dpdk", settings, offered, Detail.MILESTONES).release()
    arrived = Counter(event.queue for event in events if isinstance(event, FrameArrived))
    assert [arrived[queue] / 10 for queue in range(4)] == counts(64, 4, 1)
