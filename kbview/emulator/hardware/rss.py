"""Receive-side scaling: Toeplitz hash -> 128-entry indirection table -> queue.

    flow --hash--> low 7 bits --> table[0..127] --> queue --> vector --> core

The hash is the flow's own (packet/toeplitz.py), so all packets of a flow come to one queue: an
elephant cannot be spread. Packets without a hash go to the queue of the first entry.
Read more: Microsoft "Receive Side Scaling"; Linux Documentation/networking/scaling.rst
"""

from collections.abc import Sequence

from kbview.packet.frame import Flow, Frame

TABLE_SIZE = 128  # ixgbe; i40e has 512


class Rss:
    """The indirection table, filled round robin as drivers do (ethtool_rxfh_indir_default)."""

    def __init__(self, queues: int) -> None:
        self.queues = queues
        self.table: Sequence[int] = [entry % queues for entry in range(TABLE_SIZE)]

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
