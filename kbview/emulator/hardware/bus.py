"""The bus between NIC and memory (PCIe), shared by all queues of a port. Its capacity is a bound.

    wire --> FIFO in the NIC --> bus: frame, then completion descriptor --> memory
                 full: the frame is missed

A frame occupies the bus for a time per byte and a time per descriptor, the same for every queue. So
many queues on many cores share a single bound. Sent frames occupy the bus as well. Only a frame with a
free descriptor is carried.

The bus is no actor. Time is cut into slots of a microsecond, each with a capacity, because queues catch
up at slightly different times: a later caller may use the rest of an earlier slot. While 64 frames in a
row come at less than half of the bus's rate, no frame waits and the model computes nothing. So a single
burst of fewer frames is not slowed down.
Read more: Neugebauer et al., "Understanding PCIe performance for end host networking", SIGCOMM 2018.
"""

from collections.abc import Sequence
from operator import sub
from typing import NamedTuple

from kbview.emulator.cost import Prices
from kbview.packet.frame import Frame

_SLOT_BITS = 20  # a slot is 2**20 ps
_SLOT_PS = 1 << _SLOT_BITS
_WINDOW = 64
CACHE_LINE = 64  # bytes; the FCS is written as well, so that a minimal frame fills a line
_KEPT = 4096  # slots


class BusTiming(NamedTuple):
    """Picoseconds of the bus: a received frame and each of its bytes, and a frame that is sent.

    `least_ps` is the time that the NIC itself needs for a frame, where that is the narrower bound.
    `partial_ps` is the extra time of a write that leaves a cache line incomplete, if memory has to be
    read for it first.
    """

    frame_ps: int
    byte_ps: float
    send_ps: int
    least_ps: int
    partial_ps: int = 0


_FREE = BusTiming(0, 0.0, 0, 0)


def timing(prices: Prices, *, compressed: bool, iotlb_misses: float = 0.0) -> BusTiming:
    """From a profile's rows. With `compressed` completions several descriptors share a write.

    `iotlb_misses`: the share of frames for which the IOMMU looks the address up in memory.
    """
    frame = prices.step("pcie_frame")
    done = prices.step("pcie_completion_compressed" if compressed else "pcie_completion")
    send, least = prices.step("pcie_transmit"), prices.step("nic_frame")
    looking_up_ps = round(iotlb_misses * prices.step("iotlb_miss").cost_ps)
    return BusTiming(
        frame.cost_ps + done.cost_ps + looking_up_ps,
        frame.ps_per_byte,
        send.cost_ps + looking_up_ps,
        least.cost_ps,
        prices.step("partial_line_write").cost_ps,
    )


class Bus:
    """When a frame can be carried, or that it cannot. `contended`: whether anybody may have to wait."""

    def __init__(self, fifo_bytes: int, timing: BusTiming = _FREE) -> None:
        self.timing = timing
        self.contended = False
        self._fifo_bytes = fifo_bytes
        self._sending_ps = 0  # until when it fetches what was to be sent before
        self._contended_before = False
        self._used: dict[int, int] = {}  # of each slot, picoseconds
        self._next: dict[int, int] = {}  # from a full slot on towards one that is not

    def service_ps(self, length: int) -> int:
        """How long a received frame occupies the bus, or the NIC if that is slower."""
        timing = self.timing
        partial_ps = timing.partial_ps if length % CACHE_LINE else 0
        return max(timing.frame_ps + int(length * timing.byte_ps) + partial_ps, timing.least_ps)

    def expect(self, frames: Sequence[Frame]) -> None:
        """These frames come next: will the bus be contended?"""
        service_ps = max(map(self.service_ps, {frame.length for frame in frames}), default=0)
        times_ps = [frame.arrived_ps for frame in frames[:: _WINDOW // 2]]
        spans = map(sub, times_ps[2:], times_ps)
        enough_ps = 2 * _WINDOW * service_ps
        contended = min(spans, default=enough_ps) < enough_ps
        self.contended = contended or self._contended_before
        self._contended_before = contended

    def receive(self, arrived_ps: int, length: int) -> int | None:
        """Carry a frame; returns when that begins, None if the FIFO was full when it came."""
        service_ps = self.service_ps(length)
        slot = self._find(arrived_ps >> _SLOT_BITS)
        start_ps = max(arrived_ps, (slot << _SLOT_BITS) + self._used.get(slot, 0))
        if (start_ps - arrived_ps) * length > self._fifo_bytes * service_ps:
            return None
        self._use(slot, service_ps)
        return start_ps

    def carry(self, frames: Sequence[Frame], free: int) -> tuple[list[Frame], list[int]]:
        """The frames that get a descriptor, `free` at most, and the bus; and when each begins."""
        taken: list[Frame] = []
        ready: list[int] = []
        for frame in frames:
            if len(taken) == free:
                break
            at_ps = self.receive(frame.arrived_ps, frame.length)
            if at_ps is not None:
                taken.append(frame)
                ready.append(max(at_ps, ready[-1] if ready else 0))
        return taken, ready

    def send(self, ready_ps: int) -> int:
        """A frame is to be fetched; returns when that may begin.

        The NIC takes turns: a sent frame does not wait behind the frames in the FIFO, but it takes bus
        time from them.
        """
        if not self.contended:
            return ready_ps
        start_ps = max(ready_ps, self._sending_ps)
        self._sending_ps = start_ps + self.timing.send_ps
        self._use(self._find(ready_ps >> _SLOT_BITS), self.timing.send_ps)
        return start_ps

    def _use(self, slot: int, duration_ps: int) -> None:
        used_ps = self._used.get(slot, 0) + duration_ps
        self._used[slot] = used_ps
        if used_ps >= _SLOT_PS:
            self._next[slot] = slot + 1
            if used_ps > _SLOT_PS:  # what is over is the next slot's
                self._used[slot] = _SLOT_PS
                self._use(self._find(slot + 1), used_ps - _SLOT_PS)
        if len(self._used) > 2 * _KEPT:
            self._forget(slot - _KEPT)

    def _find(self, slot: int) -> int:
        """The first slot from this on with something left; the way there is remembered."""
        found = slot
        while found in self._next:
            found = self._next[found]
        while slot in self._next and self._next[slot] != found:
            self._next[slot], slot = found, self._next[slot]
        return found

    def _forget(self, before: int) -> None:
        self._used = {slot: used_ps for slot, used_ps in self._used.items() if slot >= before}
        self._next = {slot: after for slot, after in self._next.items() if slot >= before}
