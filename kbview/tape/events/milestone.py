"""Milestones: the same for every datapath. What lies between them is the datapath's own."""

from collections.abc import Sequence
from typing import Self

from kbview.tape.detail import Detail
from kbview.tape.event import NO_LATENCY, Event, Meaning
from kbview.tape.handover import RECEIVERS
from kbview.tape.meter import Meters
from kbview.tape.vocabulary import Place, Reason


class FrameArrived(Event):
    """The last bit of a frame reached the port. `length` is in bytes, with FCS.

    A live kernel tells it as its interface counts: without FCS.
    """

    queue: int
    packet: int
    length: int

    places = ("NIC", "netif_rx")
    level = Detail.MILESTONES
    meaning = Meaning(
        "the NIC's port",
        "The last bit is here; FCS and destination MAC are checked before anything else.",
    )

    def change(self, meters: Meters) -> None:
        meters.arrived += 1
        meters.in_flight += 1
        meters.arrived_bytes += self.length

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        meters.arrived += len(events)
        meters.in_flight += len(events)
        meters.arrived_bytes += sum([event.length for event in events])


class FrameMissed(Event):
    """The NIC had no free descriptor: rx_missed_errors. Linux never saw the frame."""

    queue: int
    packet: int

    level = Detail.MILESTONES
    meaning = Meaning(
        "rx_missed_errors",
        "No descriptor was free, so the NIC had nowhere to write. Linux never saw the frame.",
    )

    def change(self, meters: Meters) -> None:
        meters.missed += 1
        meters.in_flight -= 1


class PacketDelivered(Event):
    """The packet's journey ended well: an application has it, or the kernel was its addressee.

    `where` is the layer that took it; `latency_ps` is NO_LATENCY where the arrival is not known.
    """

    cpu: int
    packet: int
    where: Place
    length: int
    latency_ps: int

    level = Detail.MILESTONES
    meaning = Meaning("", "The journey ends well: the addressee has the packet.")

    def change(self, meters: Meters) -> None:
        meters.delivered += 1
        meters.in_flight -= 1
        meters.delivered_bytes += self.length
        meters.consumed += self.where not in RECEIVERS
        meters.forwarded += self.where is Place.WIRE
        if self.latency_ps != NO_LATENCY:
            latencies = meters.latency if self.where in RECEIVERS else meters.kernel_latency
            latencies.count(self.latency_ps)

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        meters.delivered += len(events)
        meters.in_flight -= len(events)
        meters.delivered_bytes += sum([event.length for event in events])
        for event in events:
            received = event.where in RECEIVERS
            meters.consumed += not received
            meters.forwarded += event.where is Place.WIRE
            if event.latency_ps != NO_LATENCY:  # singly: a histogram keeps the order of its buckets
                latencies = meters.latency if received else meters.kernel_latency
                latencies.count(event.latency_ps)


class PacketDropped(Event):
    """A layer gave the packet up. At the NIC `cpu` is NO_CPU: the frame took no descriptor."""

    cpu: int
    packet: int
    where: Place
    reason: Reason
    length: int

    level = Detail.MILESTONES
    tracepoint = "skb:kfree_skb"
    meaning = Meaning(
        "", "A layer gave the packet up. The reason is the kernel's own where the kernel has one."
    )

    def change(self, meters: Meters) -> None:
        meters.drop(self.where, self.reason)
        meters.in_flight -= 1


class EndUnseen(Event):
    """No record tells the end of the packet's journey: it was not recorded, or records are missing.

    It is neither delivered nor dropped.
    """

    cpu: int
    packet: int

    level = Detail.MILESTONES
    meaning = Meaning("", "No record tells how this packet's journey ended.")

    def change(self, meters: Meters) -> None:
        meters.unseen += 1
        meters.in_flight -= 1


class FrameSent(Event):
    """A frame left the host."""

    queue: int
    packet: int
    length: int

    places = ("tx ring",)
    level = Detail.MILESTONES
    meaning = Meaning("the NIC's port", "The last bit of the frame is on the wire.")

    def change(self, meters: Meters) -> None:
        meters.sent += 1
        meters.sent_bytes += self.length


class FrameUnsent(Event):
    """A frame that this host made was given up on its way out.

    A frame that came in and was to be passed on is a PacketDropped instead.
    """

    cpu: int
    packet: int
    where: Place
    reason: Reason
    length: int

    level = Detail.MILESTONES
    meaning = Meaning("", "A queue or ring on the way out was full, so the frame was given up.")

    def change(self, meters: Meters) -> None:
        meters.unsent += 1


class FrameRecorded(Event):
    """The bytes of a frame, up to a snap length; `length` is its wire length with FCS.

    `data` begins with the Ethernet header and has no FCS. It stands beside FrameArrived or FrameSent.
    """

    packet: int
    length: int
    data: bytes

    level = Detail.MILESTONES
    meaning = Meaning("", "The bytes of the frame were kept on the tape.")
