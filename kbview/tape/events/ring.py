"""Rings: descriptors and slots, shared by two sides that move in opposite directions."""

from kbview.tape.event import Event
from kbview.tape.vocabulary import RingKind


class DescriptorDone(Event):
    """Frame and descriptor are in memory, the DD bit is set. It comes before any interrupt."""

    queue: int
    packet: int
    slot: int


class DescriptorCleaned(Event):
    """The driver took the frame out of this slot; the slot is not yet the NIC's again."""

    queue: int
    packet: int
    slot: int


class RingRefilled(Event):
    """The driver gave `count` cleaned descriptors back and rang the doorbell (moved tail)."""

    queue: int
    count: int


class DescriptorPosted(Event):
    """The driver put a frame into this slot of a transmit ring and will ring the doorbell."""

    cpu: int
    queue: int
    packet: int
    slot: int


class DescriptorsCompleted(Event):
    """The NIC has sent `count` frames; their transmit slots and buffers are the driver's again."""

    queue: int
    count: int


class RingProduced(Event):
    """Somebody put `count` entries into a ring in shared memory; `filled` wait there now.

    `ring` is the kind as in RingMeter.
    """

    cpu: int
    ring: RingKind
    queue: int
    count: int
    filled: int


class RingConsumed(Event):
    """The other side took `count` entries out; `filled` are left."""

    cpu: int
    ring: RingKind
    queue: int
    count: int
    filled: int


class MbufsExhausted(Event):
    """rx_burst found no mbuf to put in a frame's place, so the frame stays in its descriptor.

    rte_eth_stats.rx_nombuf.
    """

    cpu: int
    queue: int


class BlockRetired(Event):
    """The kernel gave block number `block` of a TPACKET_V3 ring to the user: full, or timed out."""

    queue: int
    block: int
    packets: int
    timed_out: bool


class BlockReleased(Event):
    """The user gave a block of a TPACKET_V3 ring back to the kernel."""

    queue: int
    block: int
