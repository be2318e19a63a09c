"""A block's descriptor, and a frame's length on the wire."""

from typing import NamedTuple

from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH
from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.ring import TapRing

NS = 1_000_000_000
SHORTEST = ETHERNET_MINIMUM - FCS_LENGTH


class Block(NamedTuple):
    """A block that the kernel handed over. `first` and `length` are in bytes, stamps CLOCK_REALTIME.

    `length` counts the descriptor, and each packet with its header and padding.
    """

    packets: int
    first: int
    length: int
    timed_out: bool
    last_ns: int


def read_block(ring: TapRing, number: int) -> Block:
    """The descriptor of a block that is ours."""
    start = ring.start_of(number)
    status, packets, first, length, _, _, _, seconds, nanoseconds = layout.BLOCK.unpack_from(
        ring.memory, start + layout.STATUS
    )
    timed_out = bool(status & layout.TP_STATUS_BLK_TMO)
    return Block(packets, start + first, length, timed_out, seconds * NS + nanoseconds)


def on_wire(length: int) -> int:
    """A frame's length on the wire with FCS, from that of its sk_buff."""
    return length + FCS_LENGTH if length > SHORTEST else ETHERNET_MINIMUM
