"""Work: time that a core spent on a step, and what it did with a packet in it."""

from kbview.tape.event import Account, Event
from kbview.tape.vocabulary import CopyKind


class StepTaken(Event):
    """A core spent time on a named step; the cost row of that name says why and how sure.

    It ends at `time_ps + duration_ps`. `packet` is NO_PACKET where the work is not one packet's.
    """

    cpu: int
    packet: int
    step: str
    duration_ps: int
    account: Account


class SkbAllocated(Event):
    """The driver built an sk_buff around the frame."""

    cpu: int
    packet: int
    truesize: int


class SkbFreed(Event):
    """The sk_buff went back to its cache. Tracepoint skb:consume_skb when it was not a drop."""

    cpu: int
    packet: int


class Copied(Event):
    """A CPU copied `length` bytes of payload; `kind` says from where to where."""

    cpu: int
    packet: int
    kind: CopyKind
    length: int


class PacketMerged(Event):
    """GRO joined this packet to an earlier one; both go on as one sk_buff, told as `into`."""

    cpu: int
    packet: int
    into: int


class FragmentHeld(Event):
    """A fragment waits for the rest of its datagram. Linux: net/ipv4/ip_fragment.c."""

    cpu: int
    packet: int


class FragmentsCombined(Event):
    """The datagram is whole: `count` fragments go on as one, told as `packet`."""

    cpu: int
    packet: int
    count: int


class XdpRan(Event):
    """An XDP program decided about a frame in the driver's poll: "pass", "drop", "tx", "redirect"."""

    cpu: int
    packet: int
    action: str
