"""Interrupt moderation: the NIC's own timer and counter, independent of NAPI (ethtool -C)."""

from typing import NamedTuple


class Moderation(NamedTuple):
    """When a vector may fire: `gap_ps` after it last did, or when `frames` wait (0: no such count).

    `quiet`: the time is counted from the latest completion instead, so as long as frames follow each
    other closely only their number counts (mlx5's cq_period_mode, START_FROM_CQE).

    `dma_ps` is from the last bit of a frame to its done descriptor, `delivery_ps` from the NIC's
    message to the first instruction of the handler. `sent_ps` is how long the NIC keeps to itself that
    a frame was sent (tx-usecs, the e1000's TIDV).
    """

    gap_ps: int
    frames: int
    dma_ps: int
    delivery_ps: int
    sent_ps: int = 0
    quiet: bool = False
