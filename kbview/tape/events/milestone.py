"""Milestones: the same for every datapath. What lies between them is the datapath's own."""

from kbview.tape.event import Event
from kbview.tape.vocabulary import Place, Reason


class FrameArrived(Event):
    """The last bit of a frame reached the port. `length` is its wire length with FCS, in bytes."""

    queue: int
    packet: int
    length: int


class FrameMissed(Event):
    """The NIC had no free descriptor: rx_missed_errors. Linux never saw the frame."""

    queue: int
    packet: int


class PacketDelivered(Event):
    """The packet's journey ended well: an application has it, or the kernel was its addressee.

    `where` is the layer that took it: "app", or "arp", "ip", "icmp", "tcp" inside the kernel.
    `latency_ps` is NO_LATENCY where nobody knows when it arrived.
    """

    cpu: int
    packet: int
    where: Place
    length: int
    latency_ps: int


class PacketDropped(Event):
    """Somebody gave the packet up (skb:kfree_skb), with the kernel's own name for the reason.

    At the NIC, `where` is "nic" and `cpu` is -1: the frame failed a check and took no descriptor.
    """

    cpu: int
    packet: int
    where: Place
    reason: Reason
    length: int


class FrameSent(Event):
    """A frame left the host."""

    queue: int
    packet: int
    length: int


class FrameUnsent(Event):
    """A frame that this host made was given up on its way out; `where` is "qdisc" or "tx ring".

    One that came in and was to be passed on is a PacketDropped instead.
    """

    cpu: int
    packet: int
    where: Place
    reason: Reason
    length: int


class FrameRecorded(Event):
    """The bytes of a frame, up to a snap length; `length` is its wire length with FCS.

    `data` begins with the Ethernet header and has no FCS. It stands beside FrameArrived or FrameSent.
    """

    packet: int
    length: int
    data: bytes
