"""Contracts of a receive queue: with the port, which knows arrivals ahead, and with the books."""

from typing import NamedTuple, Protocol

from kbview.emulator.hardware.bus import Bus
from kbview.emulator.hardware.moderation import Moderation
from kbview.emulator.hardware.ring import RxRing
from kbview.packet.frame import Frame


class InView(NamedTuple):
    """The frames `start` to `stop` of a list, and the times at which the NIC writes each."""

    frames: list[Frame]
    times: list[int]
    start: int
    stop: int


class Supply(Protocol):
    """The port. All arrivals up to `loaded_ps` are known."""

    loaded_ps: int
    opened_ps: int
    bus: Bus

    def load(self, now_ps: int) -> None:
        """Make more arrivals known."""


class Arriving(Protocol):
    """A receive queue. Arrivals are reported before the frames are in its ring."""

    number: int
    ring: RxRing
    moderation: Moderation

    @property
    def opened_ps(self) -> int:
        """Time at which the NIC was opened; earlier frames waited on the wire."""
