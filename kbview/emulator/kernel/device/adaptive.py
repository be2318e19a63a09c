"""Adaptive moderation of a queue: the driver samples at a poll's end, DIM decides, the NIC obeys.

A work item sets the NIC's registers; its time is paid here, that it comes a little later is not told.
Linux: drivers/net/ethernet/mellanox/mlx5/core/en_dim.c, en_txrx.c mlx5e_handle_rx_dim()
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from kbview.emulator.engine import US_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.device.net_dim import EVENTS, FROM_COMPLETION, FROM_EVENT, NetDim, Rates
from kbview.emulator.keys import Keys, meaning

_MS_US = 1000
PROFILES = {"event": FROM_EVENT, "completion": FROM_COMPLETION}


@dataclass(frozen=True, kw_only=True)
class AdaptiveSettings(Keys):
    """Adaptive moderation, ethtool -C adaptive-rx."""

    adaptive_moderation: Annotated[
        Literal["off", "event", "completion"],
        meaning("whether DIM chooses the moderation, and from when the NIC counts its time"),
    ] = "off"


class AdaptiveModeration:
    """Its sample and its climber. `since` is what the time of a profile is counted from."""

    def __init__(self, machine: Machine, queue: RxQueue, since: str) -> None:
        self.events = 0
        self.dim = NetDim()
        self._queue = queue
        self._profiles = PROFILES[since]
        self._quiet = since == "completion"
        self._apply_step = machine.prices.step("dim_apply")
        self._began: tuple[int, int, int, int] | None = None  # time, bytes, packets, events
        self._apply()

    def poll_ended(self, core: Core) -> None:
        """The ring is empty and the vector about to be unmasked: is a sample full?"""
        queue = self._queue
        now = (core.now_ps, queue.taken_bytes, queue.taken, self.events)
        if self._began is None:
            self._began = now
        if self.events - self._began[-1] < EVENTS:
            return
        time_us, octets, packets, _ = (a - b for a, b in zip(now, self._began, strict=True))
        time_us //= US_PS
        self._began = now
        if not time_us:
            return
        rates = Rates(*(-(-count * _MS_US // time_us) for count in (octets, packets, EVENTS)))
        if self.dim.decide(rates):
            core.spend(self._apply_step)
            self._apply()

    def _apply(self) -> None:
        usecs, frames = self._profiles[self.dim.profile]
        self._queue.moderation = self._queue.moderation._replace(
            gap_ps=usecs * US_PS, frames=frames, quiet=self._quiet
        )
