"""Receive-side scaling: Toeplitz hash -> 128-entry indirection table -> queue.

    flow --hash--> low 7 bits --> table[0..127] --> queue --> vector --> core

The hash is the flow's own (packet/toeplitz.py), so all packets of a flow come to one queue: an
elephant cannot be spread. Packets without a hash go to the queue of the first entry. A filter that
steers a port to a queue decides before the hash (ethtool -N eth0 flow-type udp4 dst-port 7 action 1).
A NIC with two ports has a cable, an address and half of the queues for each; both share the bus.
Read more: Microsoft "Receive Side Scaling"; Linux Documentation/networking/scaling.rst
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.keys import Keys, ScenarioError, number
from kbview.packet.frame import Flow, Frame

SECOND_MAC = bytes.fromhex("020000000003")  # address of the second port
TABLE_SIZE = 128  # ixgbe; i40e has 512


class Rss:
    """The indirection table, filled round robin as drivers do (ethtool_rxfh_indir_default)."""

    def __init__(self, queues: int, spread_over: int | None = None) -> None:
        self.queues = queues
        self.table: Sequence[int] = [entry % (spread_over or queues) for entry in range(TABLE_SIZE)]

    def queue_of(self, flow: Flow) -> int:
        """The number of the queue that takes a flow."""
        return self.table[flow.rss_hash % TABLE_SIZE]

    def spread(self, frames: list[Frame]) -> list[list[Frame]]:
        """The frames by queue, each queue's in order."""
        if self.queues == 1:
            return [frames]
        table, mask = self.table, TABLE_SIZE - 1
        spread: list[list[Frame]] = [[] for _ in range(self.queues)]
        for frame in frames:
            spread[table[frame.flow.rss_hash & mask]].append(frame)
        return spread


class SteeredRss(Rss):
    """As `Rss`; frames to the destination port `port` go to `queue` whatever their hash."""

    def __init__(self, queues: int, spread_over: int | None, port: int, queue: int) -> None:
        super().__init__(queues, spread_over)
        self._port = port
        self._queue = queue

    def queue_of(self, flow: Flow) -> int:
        if flow.destination_port == self._port and not flow.fragment:
            return self._queue
        return self.table[flow.rss_hash % TABLE_SIZE]

    def spread(self, frames: list[Frame]) -> list[list[Frame]]:
        spread: list[list[Frame]] = [[] for _ in range(self.queues)]
        for frame in frames:
            spread[self.queue_of(frame.flow)].append(frame)
        return spread


class TwoPorts(Rss):
    """The queues of two ports: the first half of them belongs to the first. Each has its own table."""

    def __init__(self, queues: int) -> None:
        super().__init__(queues, queues // 2)
        self._second = queues // 2  # the first queue of the second port

    def queue_of(self, flow: Flow) -> int:
        queue = self.table[flow.rss_hash % TABLE_SIZE]
        return queue + self._second if flow.destination_mac == SECOND_MAC else queue

    def spread(self, frames: list[Frame]) -> list[list[Frame]]:
        spread: list[list[Frame]] = [[] for _ in range(self.queues)]
        for frame in frames:
            spread[self.queue_of(frame.flow)].append(frame)
        return spread


@dataclass(frozen=True, kw_only=True)
class RssSettings(Keys):
    """The receive queues, and the choice among them."""

    ports: Annotated[
        int,
        number(
            "ports of the NIC, each with a cable and half of the queues; a flood has the second",
            "ports",
            ge=1,
            le=2,
        ),
    ] = 1
    queues: Annotated[
        int, number("receive queues, each with its ring and interrupt vector", "queues", ge=1, le=128)
    ] = 1
    rss_queues: (
        Annotated[
            int,
            number(
                "queues that the hash spreads flows over (ethtool -X equal); unset: all",
                "queues",
                ge=1,
                le=128,
            ),
        ]
        | None
    ) = None
    steer_port: (
        Annotated[
            int,
            number(
                "destination port whose frames the NIC puts into queue steer_queue (ethtool -N);"
                " unset: none",
                ge=1,
                le=65_535,
            ),
        ]
        | None
    ) = None
    steer_queue: Annotated[int, number("queue of the frames to steer_port", ge=0, le=127)] = 0

    def check_together(self) -> None:
        super().check_together()
        for name, value in (
            ("steer_queue", self.steer_queue + 1),
            ("rss_queues", self.rss_queues or 1),
        ):
            if value > self.queues:
                raise ScenarioError(f"{name} needs more than queues = {self.queues}")
        if self.ports == 2 and self.queues % 2:
            raise ScenarioError(f"ports = 2 share queues = {self.queues} by halves; use an even number")
        if self.ports == 2 and (self.steer_port or self.rss_queues):
            raise ScenarioError(
                "ports = 2 spreads by the hash alone; leave steer_port and rss_queues out"
            )

    def rss(self) -> Rss:
        """The choice of a queue for each flow."""
        if self.ports == 2:
            return TwoPorts(self.queues)
        if self.steer_port is None:
            return Rss(self.queues, self.rss_queues)
        return SteeredRss(self.queues, self.rss_queues, self.steer_port, self.steer_queue)
