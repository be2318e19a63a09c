"""The places of cores and NIC: hyperthreads of a core, and NUMA nodes with memory of their own.

    smt            cores 0 and 1 are the two threads of a core, 2 and 3 of the next core, and so on
    numa_nodes     the cores are dealt out in order, as many to each node
    nic_node       the node with the NIC: a frame's lines are in the caches or the memory of this node

    distance 0     the same core or its other thread: they share the first two caches
    distance 1     another core of the node: a line comes through the node's last-level cache
    distance 2     a core of another node: the line also crosses the link between the processors

Linux: arch/x86/kernel/smpboot.c, Documentation/mm/numa.rst
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from kbview.emulator.keys import Keys, ScenarioError, meaning, number

SAME, NODE, REMOTE = range(3)
FROM_REMOTE = "numa_hop"  # the step that fetches a line from another node


@dataclass(frozen=True, kw_only=True)
class PlacementSettings(Keys):
    """The threads of a core, and the nodes of the machine."""

    smt: Annotated[
        bool, meaning("whether two neighbouring cores are the threads of one core (hyper-threading)")
    ] = False
    numa_nodes: Annotated[
        int, number("NUMA nodes, each with as many of the cores", "nodes", ge=1, le=8)
    ] = 1
    nic_node: Annotated[int, number("the NUMA node that the NIC is attached to", ge=0, le=7)] = 0

    def check_nodes(self, cores: int) -> None:
        """Raise ScenarioError where the cores cannot be placed."""
        if cores % self.numa_nodes:
            raise ScenarioError(
                f"numa_nodes = {self.numa_nodes} does not divide {cores} cores; use cores = "
                f"{-(-cores // self.numa_nodes) * self.numa_nodes}"
            )
        if self.nic_node >= self.numa_nodes:
            raise ScenarioError(
                f"nic_node = {self.nic_node} is not one of {self.numa_nodes} nodes; "
                f"use 0 to {self.numa_nodes - 1}, or numa_nodes = {self.nic_node + 1}"
            )
        if self.smt and (cores // self.numa_nodes) % 2:
            raise ScenarioError(
                f"smt = true needs two threads for each core; use cores = {2 * self.numa_nodes} "
                "or another even number for each node"
            )


class CorePlace(NamedTuple):
    """The place of a core: its number, its physical core and its node."""

    number: int
    physical: int
    node: int

    def distance(self, other: "CorePlace") -> int:
        """SAME, NODE or REMOTE."""
        if self.node != other.node:
            return REMOTE
        return NODE if self.physical != other.physical else SAME


def places(cores: int, settings: PlacementSettings) -> list[CorePlace]:
    """The places of all cores, in the order of their numbers."""
    each = cores // settings.numa_nodes
    return [CorePlace(core, core // 2 if settings.smt else core, core // each) for core in range(cores)]
