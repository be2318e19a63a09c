"""NUMA nodes: each line from another processor crosses the link (SOSP 2013, table 2)."""

from dataclasses import replace

import pytest

from kbview.emulator.cost import Prices
from kbview.emulator.hardware.contention import Lock, SharedLine
from kbview.emulator.hardware.placement import PlacementSettings
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters
from tests.emulator.running import after, at_both_details, emulation, finished
from tests.emulator.test_lock import cores

PRICES = Prices(profile.load("xdp18"))
HOP_PS = PRICES.step("numa_hop").cost_ps
TRANSFER_PS = PRICES.step("line_transfer").cost_ps
SOME = Traffic(pattern="poisson", rate_pps=2e5, frames=500)
ONE_NODE = Settings(cores=2, wait="read")
TWO_NODES = replace(ONE_NODE, numa_nodes=2)


def hops(meters: Meters) -> int:
    """How many lines crossed the link."""
    return meters.stages["numa_hop"].count if "numa_hop" in meters.stages else 0


def each_ps(datapath: str, settings: Settings, rate_pps: float = 6e6) -> float:
    """The time for a datagram where the slowest part never rests, ps."""
    made = emulation(datapath, settings, Traffic(rate_pps=rate_pps))
    before = after(5_000, made).delivered
    return 20e9 / (after(25_000, made).delivered - before)


def test_work_within_a_node_is_that_of_a_machine_with_a_single_node() -> None:
    within = replace(TWO_NODES, cores=4, app_cpu=1, queues=1)
    alone = replace(within, numa_nodes=1)
    assert finished("kernel", within, SOME) == finished("kernel", alone, SOME)


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq"])
def test_a_reader_in_another_node_fetches_three_lines(datapath: str) -> None:
    """Two lines of the sk_buff and the first line of the payload."""
    coarse, fine = at_both_details(datapath, TWO_NODES, SOME)
    assert hops(coarse) == hops(fine) == 3 * 500
    assert hops(finished(datapath, ONE_NODE, SOME)) == 0


def test_a_reader_in_another_node_is_slower_by_these_lines() -> None:
    """The reader never rests: its time for a datagram grows by three crossings and nothing else."""
    slower_ps = each_ps("kernel", TWO_NODES) - each_ps("kernel", ONE_NODE)
    assert slower_ps == pytest.approx(3 * HOP_PS, rel=0.03)


@pytest.mark.parametrize(
    ("datapath", "lines"),
    [("kernel", 2), ("kernel-irq", 2), ("af_packet", 2), ("af_xdp", 2), ("netmap", 1), ("psio", 1)],
)
def test_a_queue_far_from_the_nic_fetches_descriptor_and_headers(datapath: str, lines: int) -> None:
    """Intel: the NIC writes into the last-level cache of its own socket (Data Direct I/O)."""
    near = Settings(cores=1) if datapath == "af_xdp" else replace(ONE_NODE, app_cpu=0)
    far = replace(near, cores=2, queues=1, app_cpu=0, numa_nodes=2, nic_node=1)
    assert hops(finished(datapath, far, SOME)) == lines * 500
    assert hops(finished(datapath, replace(far, nic_node=0), SOME)) == 0


@pytest.mark.parametrize("datapath", ["dpdk", "dpdk-udp"])
def test_a_poll_mode_driver_far_from_its_nic_is_slower_by_the_first_line_of_a_frame(
    datapath: str,
) -> None:
    far = Settings(cores=2, queues=1, numa_nodes=2, nic_node=1)
    near = replace(far, nic_node=0)
    slower_ps = each_ps(datapath, far, 4e7) - each_ps(datapath, near, 4e7)
    assert slower_ps == pytest.approx(HOP_PS, rel=0.03)
    assert hops(finished(datapath, far, SOME)) == 500


def test_a_line_that_cores_of_two_nodes_write_crosses_the_link() -> None:
    line = SharedLine(PRICES)
    first, second, third = cores(4, PlacementSettings(numa_nodes=2))[:3]
    line.write(first, 0)
    line.write(second, 0)
    assert second.now_ps == TRANSFER_PS
    third.now_ps = start_ps = second.now_ps
    line.write(third, 0)
    assert third.now_ps == start_ps + TRANSFER_PS + HOP_PS


def test_a_lock_moves_all_its_lines_across_the_link() -> None:
    lock = Lock(PRICES, 4)
    first, _, third, _ = cores(4, PlacementSettings(numa_nodes=2))
    lock.take(first)
    lock.release(first)
    third.now_ps = start_ps = first.now_ps
    lock.take(third)
    assert third.now_ps - start_ps == first.now_ps + 4 * (TRANSFER_PS + HOP_PS)


@pytest.mark.parametrize(
    ("keys", "refusal"),
    [
        ({"cores": 3, "numa_nodes": 2}, "use cores = 4"),
        ({"cores": 2, "nic_node": 1}, "numa_nodes = 2"),
    ],
)
def test_cores_and_nic_have_a_node(keys: dict[str, int], refusal: str) -> None:
    with pytest.raises(ScenarioError, match=refusal):
        Settings(**keys)  # type: ignore[arg-type]
