"""One direction of a cable: frames one after the other, at its bit rate.

| preamble, start 8 | frame 64.. | gap 12 |        IEEE 802.3; a frame has left with its last bit
"""

from typing import NamedTuple

from kbview.emulator.hardware.bus import Bus
from kbview.emulator.traffic.wire import byte_ps
from kbview.packet.frame import WIRE_OVERHEAD

_GAP = 12  # bytes of silence after a frame


class Link:
    """When the wire is free, and when a frame that is put on it has left."""

    def __init__(self, gbps: float) -> None:
        self.byte_ps = byte_ps(gbps)
        self.free_ps = 0

    def put(self, length: int, ready_ps: int) -> int:
        """A frame of `length` bytes is ready at `ready_ps`; returns when its last bit has left."""
        start_ps = max(ready_ps, self.free_ps)
        self.free_ps = start_ps + (length + WIRE_OVERHEAD) * self.byte_ps
        return self.free_ps - _GAP * self.byte_ps


class Wires(NamedTuple):
    """Parts that all queues of a port share: the wire away from here, and the bus to memory."""

    link: Link
    bus: Bus
