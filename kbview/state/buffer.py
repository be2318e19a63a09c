"""The buffer that a packet lies in at a moment of the tape, and how far its headers have come off.

    head            data                      tail        end
     | headroom      | Ethernet | IP | UDP | payload | free | shared info
                        `--> data moves right as layer after layer takes its header; nothing is copied

Linux: include/linux/skbuff.h; eth_type_trans(), ip_local_deliver_finish(), udp_csum_pull_header(),
tcp_queue_rcv() call skb_pull(). DPDK: lib/mbuf/rte_mbuf_core.h; the offset stays, the application reads
headers where they are. A UDP stack moves it: rte_pktmbuf_adj(), Caladan's mbuf_pull_hdr().
"""

from collections.abc import Sequence

import msgspec

from kbview.packet.frame import FCS_LENGTH
from kbview.packet.layout import Layout, LayoutPart, layout
from kbview.state.journeys import JourneyEvent
from kbview.tape import events as ev
from kbview.tape.station import Station
from kbview.tape.vocabulary import CopyKind, Place

NET_SKB_PAD = 64  # headroom on x86: max(32, L1_CACHE_BYTES)
RX_BUFFER = 2048  # half a page, as drivers use that split pages
SHARED_INFO = 320  # sizeof(struct skb_shared_info), cache-line aligned
RTE_PKTMBUF_HEADROOM = 128
RTE_MBUF_DEFAULT_DATAROOM = 2048

_MILESTONES = frozenset(ev.MILESTONES)
# The layers whose headers are off when a step begins: levels below this one.
_LEVELS = {
    "napi_gro_receive": 3, "netif_receive_skb": 3, "arp_rcv": 3, "ip_rcv": 3, "fib_lookup": 3,
    "ip_rcv_finish": 3, "tcp_v4_early_demux": 3,
    "ip_forward": 3, "icmp_rcv": 4, "udp_rcv": 4, "tcp_v4_rcv": 4, "socket_enqueue": 5,
    "user_udp_in": 4, "user_control_in": 4, "user_enqueue": 5,
}  # fmt: skip
# Of a packet that this host made: tcp_transmit_skb() and ip_output() call skb_push().
_SENDING = {"tcp_transmit_skb", "udp_sendmsg", "sock_alloc_send_skb", "ip_output", "dev_queue_xmit"}
_OUTGOING = (
    "An sk_buff of a sent packet: each layer puts its header before the text, so data moves to the "
    "left. It is freed when the NIC has sent it."
)
_TARGETS: dict[CopyKind, str] = {
    CopyKind.TO_USER: "into the application's own memory",
    CopyKind.FROM_USER: "out of the application's own memory, to where the NIC will read it",
    CopyKind.TO_XDP_BUFF: "by veth, from the sender's sk_buff to a page with room for XDP",
    CopyKind.TO_RING: "into a ring that the application reads without a system call",
    CopyKind.TO_UMEM: "into a chunk of umem, which the application has mapped",
    CopyKind.FROM_UMEM: "out of umem into an sk_buff, which the driver sends",
    CopyKind.TO_SEND_BUFFER: "into a stream's send buffer, until the peer has acknowledged it",
    CopyKind.TO_FRAME: "out of a stream's send buffer into a frame",
    CopyKind.OTHER: "by a CPU; only a later version of kbview knows from where to where",
}
_ADDRESSEES: dict[Place, str] = {
    Place.APP: "The application has it; the tape tells of no copy.",
    Place.WIRE: "The last bit has left the port; nobody here needs the buffer any more.",
    Place.OTHER: "It was delivered; only a later version of kbview knows to which layer.",
}
_GIVEN_UP: dict[Place, str] = {
    Place.NIC: "The NIC gave it up before any buffer was written",
    Place.TRACE: "The trace lost records here, so the packet's end was not seen",
    Place.OTHER: "It was given up; only a later version of kbview knows at which layer",
}
_WITHOUT_BUFFER: dict[type[object], str] = {
    ev.EndUnseen: "No record tells how its journey ended, so nobody knows where it lies.",
    ev.FrameMissed: "The NIC had no free descriptor, so no buffer was written.",
}
_IN_HARDWARE = frozenset({ev.FrameArrived, ev.FrameRecorded})


class Buffer(msgspec.Struct):
    """`kind` names the record, "" where there is none (now); `said` is a sentence about it.

    `data` and `tail` are offsets from `head`, 0; `size` is where `end` stands. `begin` is where the
    frame's first byte was written.
    """

    kind: str
    said: str
    parts: list[LayoutPart]
    begin: int = 0
    data: int = 0
    tail: int = 0
    size: int = 0
    known: bool = True


def recorded(stops: Sequence[JourneyEvent]) -> ev.FrameRecorded | None:
    """The bytes of the frame that came in, if the tape kept them."""
    return next((stop.event for stop in stops if isinstance(stop.event, ev.FrameRecorded)), None)


def length_of(stops: Sequence[JourneyEvent]) -> int:
    """The frame's length on the wire with FCS; without it where only tracepoints saw the frame.

    0 is unknown.
    """
    if (bytes_kept := recorded(stops)) is not None:
        return bytes_kept.length
    return next((stop.event.length for stop in stops if isinstance(stop.event, ev.FrameArrived)), 0)


def layout_of(stops: Sequence[JourneyEvent]) -> Layout:
    """Its headers; without its bytes only that they begin with an Ethernet header."""
    bytes_kept = recorded(stops)
    in_hardware = any(isinstance(stop.event, ev.DescriptorDone) for stop in stops)
    fcs = FCS_LENGTH if bytes_kept is not None or in_hardware else 0
    length = max(0, length_of(stops) - fcs)
    if bytes_kept is not None:
        return layout(bytes_kept.data, length)
    rest = LayoutPart("not recorded", 3, max(0, length - 14))
    return Layout([LayoutPart("Ethernet", 2, min(14, length)), rest], protocol="")


def buffer_of(stops: Sequence[JourneyEvent], stations: Sequence[Station]) -> Buffer:
    """Where the packet lies after the last of its stops."""
    kinds = {type(stop.event) for stop in stops}
    parts = layout_of(stops).parts
    length = sum(part.length for part in parts)
    steps = {stop.event.step for stop in stops if isinstance(stop.event, ev.StepTaken)}
    if kinds <= _MILESTONES and any(stop.ends for stop in stops):
        return Buffer("", "Only milestones are told of it, and not which buffers it lay in.", parts)
    if any("mbuf_alloc" in station.steps for station in stations):
        if "mbuf_free" in steps and _copies(stops):
            said = "The mbuf went back to its pool; before that the text was copied out of it."
            return Buffer("", said, parts)
        if "mbuf_free" in steps or ev.DescriptorDone in kinds:
            return _mbuf(parts, length, steps)
        return Buffer("", _without_record(stops, kinds), parts)
    if ev.SkbFreed in kinds:
        return Buffer("", _freed(_copies(stops)), parts)
    if steps & _SENDING and not kinds & {ev.FrameArrived, ev.DescriptorDone}:
        return Buffer("", _OUTGOING, parts)
    if ev.SkbAllocated in kinds:
        return _sk_buff(parts, length, steps, recorded(stops) is not None)
    return Buffer("", _without_record(stops, kinds), parts)


def _copies(stops: Sequence[JourneyEvent]) -> list[ev.Copied]:
    return [stop.event for stop in stops if isinstance(stop.event, ev.Copied)]


def _freed(copies: list[ev.Copied]) -> str:
    if not copies:
        return "The sk_buff is freed."
    copied = sum(copy.length for copy in copies)
    return f"The sk_buff is freed; {copied} bytes were copied {_TARGETS[copies[-1].kind]}."


def _without_record(stops: Sequence[JourneyEvent], kinds: set[type[ev.Event]]) -> str:
    """Where a packet lies of which the tape tells neither sk_buff nor mbuf."""
    end = next((stop.event for stop in reversed(stops) if stop.ends), None)
    if copies := _copies(stops):
        return f"Copied {_TARGETS[copies[-1].kind]}."
    if isinstance(end, ev.PacketDropped | ev.FrameUnsent):
        at = _GIVEN_UP.get(end.where, f"The packet was given up at {end.where}, and its buffer is free")
        return f"{at}: {end.reason}."
    if said := _WITHOUT_BUFFER.get(type(end)):
        return said
    if ev.FrameSent in kinds:
        return _ADDRESSEES[Place.WIRE]
    if ev.DescriptorDone in kinds:
        return "In a buffer of the ring, written by DMA; there is no record around it."
    if isinstance(end, ev.PacketDelivered):
        return _ADDRESSEES.get(end.where, f"The {end.where} layer was its addressee, and has it.")
    if kinds <= _IN_HARDWARE:
        return "On the wire, or in the NIC; not in memory."
    return "In memory; the source does not tell in which buffer."


def _pulled(parts: list[LayoutPart], steps: set[str]) -> int:
    """Bytes of headers that these steps have taken off."""
    level = max((_LEVELS[step] for step in steps if step in _LEVELS), default=2)
    return sum(part.length for part in parts if part.level < level)


def _sk_buff(parts: list[LayoutPart], length: int, steps: set[str], known: bool) -> Buffer:
    pulled = _pulled(parts, steps)
    room = RX_BUFFER - SHARED_INFO
    said = "data moves to the right as headers come off; the bytes stay where the NIC wrote them."
    if NET_SKB_PAD + length > room:
        said = "What does not fit lies in further pages, as fragments of the sk_buff."
    tail = min(NET_SKB_PAD + length, room)
    return Buffer(
        "sk_buff", said, parts, NET_SKB_PAD, min(NET_SKB_PAD + pulled, tail), tail, room, known
    )


def _mbuf(parts: list[LayoutPart], length: int, steps: set[str]) -> Buffer:
    if "mbuf_free" in steps:
        return Buffer(
            "", "The mbuf went back to its pool; it was allocated once and never copied.", parts
        )
    begin, size = RTE_PKTMBUF_HEADROOM, RTE_PKTMBUF_HEADROOM + RTE_MBUF_DEFAULT_DATAROOM
    said = "Written by DMA into hugepages. The application reads the headers where they are."
    pulled = _pulled(parts, steps)
    if pulled:
        said = (
            "Written by DMA into hugepages. data moves to the right as the library takes headers off."
        )
    tail = min(begin + length, size)
    return Buffer("mbuf", said, parts, begin, min(begin + pulled, tail), tail, size)
