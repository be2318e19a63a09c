"""Rings: descriptors and slots, shared by two sides that move in opposite directions."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Self

from kbview.tape.event import Event, Meaning
from kbview.tape.meter import Meters
from kbview.tape.vocabulary import RingKind


class DescriptorDone(Event):
    """Frame and descriptor are in memory, the DD bit is set. It comes before any interrupt."""

    queue: int
    packet: int
    slot: int

    places = ("rx ring", "cells")
    meaning = Meaning(
        "the NIC's DMA engine, DD bit",
        "Frame and descriptor are in memory. The packet waits in the ring until software looks.",
    )

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue):
            ring.done += 1
            ring.head = (self.slot + 1) % ring.size

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        for queue, slots in _slots(events).items():
            if ring := meters.ring(queue):
                ring.done += len(slots)
                ring.head = (slots[-1] + 1) % ring.size


class DescriptorCleaned(Event):
    """The driver took the frame out of this slot; the slot is not yet the NIC's again."""

    queue: int
    packet: int
    slot: int

    ends = frozenset({"descriptor_read", "pmd_descriptor", "psio_rx_cell", "netmap_rx_slot"})
    meaning = Meaning(
        "the driver, next_to_clean",
        "The driver has taken the frame out of its slot; the slot is not the NIC's again yet.",
    )

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue):
            ring.done -= 1
            ring.cleaned += 1
            ring.next_to_clean = (self.slot + 1) % ring.size

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        for queue, slots in _slots(events).items():
            if ring := meters.ring(queue):
                ring.done -= len(slots)
                ring.cleaned += len(slots)
                ring.next_to_clean = (slots[-1] + 1) % ring.size


def _slots(events: Iterable[DescriptorDone | DescriptorCleaned]) -> dict[int, list[int]]:
    """The slots of these events by queue, in their order."""
    slots: dict[int, list[int]] = defaultdict(list)
    for event in events:
        slots[event.queue].append(event.slot)
    return slots


class RingRefilled(Event):
    """The driver gave `count` cleaned descriptors back and rang the doorbell (moved tail)."""

    queue: int
    count: int

    meaning = Meaning("the driver, next_to_use", "The driver gave empty buffers back to the NIC.")

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue):
            ring.cleaned -= self.count
            ring.tail = (ring.tail + self.count) % ring.size


class DescriptorPosted(Event):
    """The driver put a frame into this slot of a transmit ring and will ring the doorbell."""

    cpu: int
    queue: int
    packet: int
    slot: int

    places = ("tx ring",)
    meaning = Meaning("the driver, next_to_use", "The frame stands in a slot of the transmit ring.")

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue, RingKind.TX):
            ring.done += 1
            ring.tail = (self.slot + 1) % ring.size


class DescriptorsCompleted(Event):
    """The NIC has sent `count` frames; their transmit slots and buffers are the driver's again."""

    queue: int
    count: int

    meaning = Meaning(
        "the NIC, write-back", "The NIC tells which frames have left: their slots are free."
    )

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue, RingKind.TX):
            ring.done -= self.count
            ring.head = ring.next_to_clean = (ring.head + self.count) % ring.size


class RingProduced(Event):
    """Somebody put `count` entries into a ring in shared memory; `filled` wait there now.

    `ring` is the kind as in RingMeter.
    """

    cpu: int
    ring: RingKind
    queue: int
    count: int
    filled: int

    meaning = Meaning("a shared ring", "Entries were put in; the consumer owns them now.")

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue, self.ring):
            ring.done += self.count


class RingConsumed(Event):
    """The other side took `count` entries out; `filled` are left."""

    cpu: int
    ring: RingKind
    queue: int
    count: int
    filled: int

    meaning = Meaning("a shared ring", "Entries were taken out; the producer may use their slots.")

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue, self.ring):
            ring.done -= self.count


class MbufsExhausted(Event):
    """rx_burst found no mbuf to put in a frame's place, so the frame stays in its descriptor.

    rte_eth_stats.rx_nombuf.
    """

    cpu: int
    queue: int

    places = ("mbuf", "rx_burst")
    meaning = Meaning("rte_mempool_get_bulk()", "The pool is empty: the descriptor gets no new buffer.")

    def change(self, meters: Meters) -> None:
        if pool := meters.ring(0, RingKind.MEMPOOL):
            pool.freezes += 1


class BlockRetired(Event):
    """The kernel gave block number `block` of a TPACKET_V3 ring to the user: full, or timed out."""

    queue: int
    block: int
    packets: int
    timed_out: bool

    places = ("block",)
    meaning = Meaning(
        "prb_retire_current_block()",
        "The block belongs to the application now: its status word says so.",
    )

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue, RingKind.BLOCK):
            ring.block_retired(self.block)


class BlockReleased(Event):
    """The user gave a block of a TPACKET_V3 ring back to the kernel."""

    queue: int
    block: int

    meaning = Meaning("tp_block_status", "The application gave a block back to the kernel.")

    def change(self, meters: Meters) -> None:
        if ring := meters.ring(self.queue, RingKind.BLOCK):
            ring.block_released(self.block)
