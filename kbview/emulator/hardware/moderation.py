"""Interrupt moderation: the NIC's own timer and counter, independent of NAPI (ethtool -C)."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

from kbview.emulator.hardware.write_back import WriteBackSettings
from kbview.emulator.keys import MOST, number


@dataclass(frozen=True, kw_only=True)
class ModerationSettings(WriteBackSettings):
    """Coalescing of interrupts, ethtool -C. Defaults are mlx5e's."""

    moderation_us: Annotated[
        float, number("least time between two interrupts of a receive queue", ge=0, le=MOST)
    ] = 16.0
    moderation_frames: Annotated[
        int,
        number(
            "waiting frames that raise the interrupt earlier; 0: no such count", "frames", ge=0, le=MOST
        ),
    ] = 32
    tx_moderation_us: Annotated[
        float, number("how long the NIC delays the interrupt for a sent frame", ge=0, le=MOST)
    ] = 0.0


class Moderation(NamedTuple):
    """When a vector may fire: `gap_ps` after it last did, or when `frames` wait (0: no such count).

    `quiet`: the time is counted from the latest completion instead, so as long as frames follow each
    other closely only their number counts (mlx5's cq_period_mode, START_FROM_CQE).

    `dma_ps` is from the last bit of a frame to its done descriptor, `delivery_ps` from the NIC's
    message to the first instruction of the handler. `sent_ps` is how long the NIC keeps to itself that
    a frame was sent (tx-usecs, the e1000's TIDV). `gathered` descriptors are written back at once, or
    fewer after `gather_ps`.
    """

    gap_ps: int
    frames: int
    dma_ps: int
    delivery_ps: int
    sent_ps: int = 0
    quiet: bool = False
    gathered: int = 1
    gather_ps: int = 0
