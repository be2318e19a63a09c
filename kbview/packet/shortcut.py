"""The short cut for plain packets: one unpack and two look-ups a packet instead of parsing it.

    | time 8 | captured 4, original 4, MACs 12, type 2, version 1, TOS 1, total 2 | id 2 | fragment 2 |
             '----------------------------- shape 26 -----------------------------'
    | TTL 1 | protocol 1 | sum 2 | addresses 8, ports 4 | numbers 8 | TCP offset 1 | flags 1 |
                                 '------- ends 12 ------'

Lengths and flows are remembered apart (shape.py), so that packets of many lengths are read as fast as
packets of a few. A packet that is new or not plain is decoded with care, and gives the same frame.
"""

import struct

from kbview.packet.checksum import datagram_valid
from kbview.packet.compiled import COMPILED
from kbview.packet.decoder import FrameDecoder
from kbview.packet.ethernet import ETH_HLEN
from kbview.packet.fields import FORMAT
from kbview.packet.fields import read_fields as read
from kbview.packet.frame import Frame
from kbview.packet.ipv4 import IPPROTO_TCP, IPPROTO_UDP
from kbview.packet.outline import datagram_fault
from kbview.packet.record import BATCH, PS_PER_SECOND, Interface
from kbview.packet.refusal import OF_ADDRESSES
from kbview.packet.shape import RECORD, UDP, Shapes
from kbview.packet.window import SLACK, Window

_IPV4 = RECORD + ETH_HLEN  # where it begins in a record
# The length of a TCP header by its data offset byte; an impossible one is longer than any packet.
_TCP_LENGTHS = tuple((byte >> 4) * 4 if byte >> 4 >= 5 else 1 << 16 for byte in range(256))


class ShortCut:
    """Reads the records of a classic capture of Ethernet frames without FCS."""

    def __init__(self, decoder: FrameDecoder, order: str, interface: Interface) -> None:
        self._decoder = decoder
        self._interface = interface
        self._little = order == "<"
        self._tick_ps = PS_PER_SECOND // interface.ticks_per_second
        self._shapes = Shapes(order, decoder.flows, decoder.verify)
        self._fields = struct.Struct(order + FORMAT)
        self._original = struct.Struct(order + "12x I")
        (self._dont_fragment,) = struct.unpack(order + "H", b"\x40\0")

    def frames(self, window: Window, used: int, first: int) -> tuple[list[Frame], int]:  # noqa: PLR0915
        """The frames of the whole records from `used` on, numbered from `first`; where they end."""
        data, end, at = window.data[used : window.end + len(SLACK)], window.end - used, 0
        unpack, shapes, learn = self._fields.unpack_from, self._shapes.known, self._shapes.learn
        is_tcp, is_udp, whole, lengths = IPPROTO_TCP, IPPROTO_UDP, self._dont_fragment, _TCP_LENGTHS
        little, tick_ps, clock, compiled = self._little, self._tick_ps, self._decoder.clock, COMPILED
        second, latest, base_ps = -1, 0, clock.last_ps
        frames: list[Frame] = []
        inner: bytes | None
        for packet in range(first, first + BATCH):
            if compiled:
                seconds, ticks, key, part, kind, ends, numbers, offset, flags = read(data, at, little)
            else:
                seconds, ticks, key, part, kind, ends, numbers, offset, flags = unpack(data, at)
            try:
                size, length, payload, expected, summed, tcp, udp = shapes[key]
            except KeyError:
                size, length, payload, expected, summed, tcp, udp = learn(key)
            at += size
            if at > end:
                at -= size
                break
            if ticks < latest or seconds != second:
                base_ps, ticks = self._turn(seconds, ticks, base_ps + latest * tick_ps)
                second = seconds
            latest, arrived_ps = ticks, base_ps + ticks * tick_ps
            if kind == is_tcp:
                flow, payload, inner = tcp.get(ends), payload - lengths[offset], numbers
            else:
                flow = udp.get(ends) if kind == is_udp and numbers[:2] == expected else None
                payload, flags, inner = payload - UDP, 0, None
            if flow is None or payload < 0 or (part and part != whole):
                frames.append(self._careful(data[at - size : at], arrived_ps, packet))
                continue
            fault = _fault(data[at - size + _IPV4 : at - size + summed]) if summed else ""
            frames.append(Frame(arrived_ps, packet, length, flow, payload, flags, fault, inner))
        clock.last_ps = base_ps + latest * tick_ps
        return frames, used + at

    def _turn(self, seconds: int, ticks: int, last_ps: int) -> tuple[int, int]:
        """The trace's time of a second's begin, and the ticks from there to a packet's arrival."""
        clock = self._decoder.clock
        clock.last_ps = last_ps
        arrived_ps = clock.arrived_ps(seconds * PS_PER_SECOND + ticks * self._tick_ps)
        base_ps = seconds * PS_PER_SECOND - clock.start_ps
        return base_ps, (arrived_ps - base_ps) // self._tick_ps

    def _careful(self, record: bytes, arrived_ps: int, packet: int) -> Frame:
        """A packet of any kind; its flow is known from now on."""
        (original,) = self._original.unpack_from(record)
        frame = self._decoder.frame(arrived_ps, packet, original, self._interface, record[RECORD:])
        if frame.fault not in OF_ADDRESSES:  # else each packet of the flow has the fault
            self._shapes.learn_flow(record, frame.flow)
        return frame


def _fault(datagram: bytes) -> str:
    """The reason why the kernel refuses a whole datagram for a checksum, "" if its sums are right."""
    return "" if datagram_valid(datagram) else datagram_fault(datagram)
