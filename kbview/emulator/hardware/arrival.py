"""Arrivals at a receive queue: contracts with the port, which knows them ahead, and with the books."""

from typing import Protocol

from kbview.emulator.hardware.bus import Bus
from kbview.emulator.hardware.moderation import Moderation
from kbview.emulator.hardware.ring import RxRing


class Supply(Protocol):
    """Who knows what comes next: the port. `loaded_ps`: up to when all arrivals are known."""

    loaded_ps: int
    opened_ps: int
    bus: Bus

    def load(self, now_ps: int) -> None:
        """Make more arrivals known."""


class Arriving(Protocol):
    """A receive queue, as far as this asks. Arrivals are told before they are in its ring."""

    number: int
    ring: RxRing
    moderation: Moderation

    @property
    def opened_ps(self) -> int:
        """When its NIC was opened: what came before waited on the wire."""
