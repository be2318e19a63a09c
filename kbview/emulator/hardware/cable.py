"""One direction of a cable: frames one after the other, at its bit rate.

| preamble, start 8 | frame 64.. | gap 12 |        IEEE 802.3; a frame has left with its last bit
"""

from typing import NamedTuple

from kbview.emulator.hardware.bus import Bus
from kbview.packet.frame import WIRE_OVERHEAD

_GAP = 12  # bytes of silence after a frame
S_PS = 10**12


def wire_ps(length: float, gbps: float) -> float:
    """Time for which a frame of `length` bytes occupies the wire, ps; preamble and gap included."""
    return (length + WIRE_OVERHEAD) * 8000 / gbps


def line_rate_pps(length: float, gbps: float) -> float:
    """Frames a second that a link carries: 14.88 million of 64 bytes at 10 Gb/s."""
    return S_PS / wire_ps(length, gbps)


class BitClock:
    """The clock of a link: picoseconds for frames, the fraction carried from frame to frame.

    A byte takes 26 2/3 ps at 300 Gb/s; three frames in a row take three times their exact duration.
    """

    __slots__ = ("_bps", "_owed")

    def __init__(self, gbps: float) -> None:
        self._bps = round(gbps * 1e9)
        self._owed = 0  # picoseconds times bits per second, less than a picosecond

    def pass_frame(self, length: int) -> int:
        """Duration of a frame of `length` bytes with preamble and gap, ps."""
        duration_ps, self._owed = divmod((length + WIRE_OVERHEAD) * 8 * S_PS + self._owed, self._bps)
        return duration_ps


class Cable:
    """The wire. `free_ps` is the time from which the wire is free."""

    def __init__(self, gbps: float) -> None:
        self.free_ps = 0
        self._clock = BitClock(gbps)
        self._gap_ps = round(_GAP * 8000 / gbps)

    def put(self, length: int, ready_ps: int) -> int:
        """Send a frame that is ready at `ready_ps`; returns the time at which its last bit has left."""
        start_ps = max(ready_ps, self.free_ps)
        self.free_ps = start_ps + self._clock.pass_frame(length)
        return self.free_ps - self._gap_ps


class Wires(NamedTuple):
    """Parts that all queues of a port share: the wire away from here, and the bus to memory."""

    link: Cable
    bus: Bus
