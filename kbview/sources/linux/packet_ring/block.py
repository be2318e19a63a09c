"""A block's descriptor, and the lengths of a link's frames."""

from typing import NamedTuple

from kbview.packet.frame import ETHERNET_MINIMUM, FCS_LENGTH
from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.ring import TapRing

NS = 1_000_000_000
ETHERNET_HEADER = 14


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


class Framing(NamedTuple):
    """The bytes of a link's frames that its ring does not count, or counts though the link does not.

    `added` to the length in the ring gives the frame's length as the link counts it, at least `least`.
    `header`: whether a packet in the ring begins with an Ethernet header.
    """

    added: int
    least: int
    header: bool

    def length(self, length: int, status: int) -> int:
        """The frame's length, from length and status of its header in the ring.

        __netif_receive_skb_core() takes a VLAN tag off before the tap; the frame had it.
        """
        tag = layout.VLAN_TAG if status & layout.TP_STATUS_VLAN_VALID else 0
        return max(length + tag + self.added, self.least)


ON_WIRE = Framing(FCS_LENGTH, ETHERNET_MINIMUM, header=True)
ETHERNET = Framing(0, 0, header=True)  # rx_bytes leaves the FCS out: linux/if_link.h
# loopback_xmit() counts a packet without the Ethernet header that it came with; there is no FCS.
LOOPBACK = Framing(-ETHERNET_HEADER, 0, header=True)
TUNNEL = Framing(0, 0, header=False)  # no link header, no FCS
