"""One direction of a cable: frames one after the other, at its bit rate.

| preamble, start 8 | frame 64.. | gap 12 |        IEEE 802.3; a frame has left with its last bit
"""

from typing import NamedTuple

from kbview.emulator.hardware.bus import Bus
from kbview.packet.frame import WIRE_OVERHEAD

_GAP = 12  # bytes of silence after a frame
S_PS = 10**12


def byte_ps(gbps: float) -> int:
    """Duration of a byte on the wire, rounded to a picosecond: 800 ps at 10 Gb/s."""
    return round(8000 / gbps)


def wire_ps(length: float, gbps: float) -> float:
    """Time for which a frame of `length` bytes occupies the wire, ps; preamble and gap included."""
    return (length + WIRE_OVERHEAD) * byte_ps(gbps)


def line_rate_pps(length: float, gbps: float) -> float:
    """Frames a second that a link carries: 14.88 million of 64 bytes at 10 Gb/s."""
    return S_PS / wire_ps(length, gbps)


class Cable:
    """The wire. `free_ps` is the time from which the wire is free."""

    def __init__(self, gbps: float) -> None:
        self.byte_ps = byte_ps(gbps)
        self.free_ps = 0

    def put(self, length: int, ready_ps: int) -> int:
        """Send a frame that is ready at `ready_ps`; returns the time at which its last bit has left."""
        start_ps = max(ready_ps, self.free_ps)
        self.free_ps = start_ps + (length + WIRE_OVERHEAD) * self.byte_ps
        return self.free_ps - _GAP * self.byte_ps


class Wires(NamedTuple):
    """Parts that all queues of a port share: the wire away from here, and the bus to memory."""

    link: Cable
    bus: Bus
