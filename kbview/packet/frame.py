"""A frame as the rest of the program knows it: time, length, flow and fault.

Bytes stay in the capture; a frame carries only the facts that a NIC and a stack read. Frames are made a
hundred thousand at a time, so they are plain structs, filled by position.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

ETHERNET_MINIMUM = 64  # bytes on the wire with FCS, IEEE 802.3
FCS_LENGTH = 4
WIRE_OVERHEAD = 20  # preamble 7, start of frame 1, inter-frame gap 12; IEEE 802.3


class Protocol(StrEnum):
    """The layer of the stack that consumes a frame."""

    ARP = "arp"
    ICMP = "icmp"
    UDP = "udp"
    TCP = "tcp"
    IP = "ip"  # an IP packet of another protocol, or a fragment without its ports
    OTHER = "other"  # not IP: LLDP, spanning tree, ...


class Flow(msgspec.Struct, eq=False):
    """The facts that packets of one conversation in one direction share. One object a flow.

    Addresses are text; a MAC address is six bytes. `rss_hash` is the Toeplitz hash of the tuple as
    a NIC computes it (Microsoft RSS specification), 0 where a NIC would not hash.
    """

    number: int
    protocol: Protocol
    source: str
    destination: str
    source_port: int
    destination_port: int
    source_mac: bytes
    destination_mac: bytes
    rss_hash: int
    fragment: bool = False

    def __str__(self) -> str:
        """Like `tcp 10.0.0.1:40312 > 10.0.0.2:80`."""
        return (
            f"{self.protocol} {endpoint(self.source, self.source_port)} > "
            f"{endpoint(self.destination, self.destination_port)}"
        )


def endpoint(address: str, port: int) -> str:
    """An address and port in one word; IPv6 in brackets, port 0 left out."""
    if not port:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class Part(NamedTuple):
    """A fragment: its IPv4 or IPv6 header, how many bytes follow that, and the first of them."""

    header: object
    length: int
    head: bytes


class Combined(msgspec.Struct, gc=False, eq=False):
    """The frames that one stands for: fragments of a datagram, in order."""

    frames: "tuple[Frame, ...]"


class Merged(Combined, gc=False, eq=False):
    """Packets of a flow that GRO joined to one sk_buff; `skbs` are the packets that keep their own.

    `segment` is their union as TCP sees it, None if unknown.
    """

    skbs: "tuple[Frame, ...]" = ()
    segment: object = None


class Frame(msgspec.Struct, gc=False, eq=False):
    """One frame. `length` is bytes on the wire with FCS, at least 64.

    `arrived_ps` is when its last bit is on the wire, `packet` its number in the trace, from 0.
    `payload` is the length behind the TCP or UDP header (0 elsewhere), `tcp_flags` the flag byte.
    `fault` is "" or the reason for which NIC or kernel refuses it: "FCS", or a name from the kernel's
    enum skb_drop_reason such as "IP_CSUM". `inner` is the content that a layer reads, None if unknown:
    the numbers of a captured segment as bytes (packet/tcp.py), a Part of a captured fragment, Combined
    or Merged of packets put together. In a closed loop `inner` is the segment itself.
    """

    arrived_ps: int
    packet: int
    length: int
    flow: Flow
    payload: int = 0
    tcp_flags: int = 0
    fault: str = ""
    inner: object = None


def parts(frame: Frame) -> "tuple[Frame, ...]":
    """The frames that came over the wire for this one."""
    inner = frame.inner
    return inner.frames if inner is not None and isinstance(inner, Combined) else (frame,)
