"""Which packets of a flow GRO merges, by the rules of tcp_gro_receive() and udp_gro_receive_segment().

    TCP  the next sequence number, the same acknowledgement, window, flags and options, no longer than
         the first; PSH, FIN or a shorter segment is the last. Of a capture's segment only the flags are
         known: it is taken for the next, as its receiver takes it (kernel/captured.py)
    UDP  no longer than the first; a shorter datagram or the 64th is the last

Together they stay below 64 KB with their headers. Linux: net/ipv4/tcp_offload.c, udp_offload.c,
net/core/gro.c skb_gro_receive()
"""

from typing import NamedTuple

from kbview.emulator.protocol.tcp.segment import Segment, joined
from kbview.emulator.protocol.tcp.sequence import plus
from kbview.packet.frame import FCS_LENGTH, Frame, Merged, Protocol
from kbview.packet.tcp import FIN, PSH, RST, SYN, URG, Tcp

MOST_BYTES = 65_536  # GRO_LEGACY_MAX_SIZE
MOST_DATAGRAMS = 64  # UDP_GRO_CNT_MAX
MAX_SKB_FRAGS = 17
ENDING = URG | PSH | RST | SYN | FIN
_MAY_DIFFER = FIN | PSH
_ETHERNET = 14 + FCS_LENGTH


class MergeFacts(NamedTuple):
    """The facts that decide about a packet: `alike` must be equal; `number` is its sequence number.

    `last`: nothing is merged behind it. `most` packets go together.
    """

    alike: object
    number: int | None
    last: bool
    most: int = MOST_BYTES


_DATAGRAM = MergeFacts(None, None, last=False, most=MOST_DATAGRAMS)


def look_at(frame: Frame) -> MergeFacts | None:
    """The facts that GRO looks at; None if the packet brings no text, so GRO lets it pass."""
    if not frame.payload:
        return None
    if frame.flow.protocol is Protocol.UDP:
        return _DATAGRAM
    header = frame.inner
    if isinstance(header, Segment):
        same = (header.ack, header.window, header.flags & ~_MAY_DIFFER)
        return MergeFacts(same, header.seq, bool(header.flags & ENDING))
    if isinstance(header, Tcp):
        kept = (header.acknowledgement, header.window, header.flags & ~_MAY_DIFFER, header.options)
        return MergeFacts(kept, header.sequence, bool(header.flags & ENDING))
    number = int.from_bytes(header[:4], "big") if isinstance(header, bytes) else None
    return MergeFacts(frame.tcp_flags & ~_MAY_DIFFER, number, bool(frame.tcp_flags & ENDING))


class Train:
    """Packets of a flow that go up as a single packet, the first. `since` is the jiffy it began in.

    An sk_buff has room for 17 fragments besides its own buffer; a packet beyond keeps its own and is
    chained behind (frag_list).
    """

    __slots__ = ("_room", "alike", "frames", "length", "number", "since", "skbs", "unit")

    def __init__(self, frame: Frame, look: MergeFacts, buffers: int, since: int) -> None:
        self.frames = [frame]
        self.skbs = [frame]
        self.alike = look.alike
        self.unit = frame.payload
        self.number = _after(look, frame)
        self.length = frame.length - _ETHERNET
        self.since = since
        self._room = MAX_SKB_FRAGS + 1 - buffers

    def takes(self, frame: Frame, look: MergeFacts) -> bool:
        """Whether a packet of the flow may go with the others."""
        return (
            look.alike == self.alike
            and look.number == self.number
            and frame.payload <= self.unit
            and self.length + frame.payload < MOST_BYTES
        )

    def add(self, frame: Frame, look: MergeFacts, buffers: int) -> bool:
        """Merge it; whether its sk_buff is not needed any more."""
        self.frames.append(frame)
        self.length += frame.payload
        self.number = _after(look, frame)
        if self._room >= buffers:
            self._room -= buffers
            return True
        self.skbs.append(frame)
        self._room = MAX_SKB_FRAGS + 1 - buffers
        return False

    def is_whole(self, frame: Frame, look: MergeFacts) -> bool:
        """Whether nothing may come behind the packet that was merged last."""
        return look.last or frame.payload < self.unit or len(self.frames) >= look.most

    def as_one(self) -> Frame:
        """The sk_buff as the layers above see it."""
        first = self.frames[0]
        if len(self.frames) == 1:
            return first
        inner = Merged(tuple(self.frames), tuple(self.skbs))
        whole = Frame(
            first.arrived_ps,
            first.packet,
            sum(frame.length for frame in self.frames),
            first.flow,
            sum(frame.payload for frame in self.frames),
            first.tcp_flags | self.frames[-1].tcp_flags,
            "",
            inner,
        )
        segments = [frame.inner for frame in self.frames if isinstance(frame.inner, Segment)]
        if segments:
            inner.segment = joined(segments, whole)
        return whole


def _after(look: MergeFacts, frame: Frame) -> int | None:
    return None if look.number is None else plus(look.number, frame.payload)
