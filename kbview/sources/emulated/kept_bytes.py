"""Snap: the first bytes of an emulated packet, for the viewer: from its capture, or made to fit.

The emulator itself knows lengths and flows only. A capture is read a second time, beside the emulation
and never ahead of it; synthetic packets get the headers of their flow or segment and a text of zeros.
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address
from operator import attrgetter
from typing import ClassVar

from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Peer
from kbview.emulator.protocol.tcp import Segment
from kbview.emulator.protocol.tcp.header import write
from kbview.packet import ethernet, ipv4, tcp, udp
from kbview.packet.capture import Capture, CaptureError, open_capture
from kbview.packet.checksum import pseudo_header
from kbview.packet.filter.filter_verdict import Verdict
from kbview.packet.frame import FCS_LENGTH, Flow, Frame, Protocol
from kbview.packet.link import as_ethernet, can_read
from kbview.tape.event import HOST_PACKETS
from kbview.tape.events import Event, FrameArrived, FrameRecorded, FrameSent

_FARTHEST = 2_000  # packets that are passed at once to get to one, some 3 ms
_LATE = 256  # sent packets may be told so much later than received packets
_CHUNKS = 4  # of synthetic traffic that frames may still arrive from
_SEEN = 8_192  # frames of a closed loop that may still arrive or leave

_PACKET = attrgetter("packet")

PeerMaker = Callable[[Nic], Peer]
_Record = tuple[int, int, int, bytes]  # see Capture.records


class Snap(ABC):
    """Knows packets by number, asked for in ascending order.

    `beside_of` are the events that bytes are told with. An answer has the number of its request, which
    has gone by then, so nothing is told twice or falsely.
    """

    beside_of: ClassVar[tuple[type[FrameArrived | FrameSent], ...]] = (FrameArrived,)

    @abstractmethod
    def of(self, packet: int, length: int) -> bytes:
        """The kept bytes of a frame of `length` bytes, without its FCS; b"" if there are none."""

    def beside(self, events: Iterable[Event]) -> Iterator[Event]:
        """The events, with the bytes of each frame told as it comes or goes."""
        for event in events:
            if isinstance(event, self.beside_of) and (data := self.of(event.packet, event.length)):
                yield FrameRecorded(event.time_ps, event.packet, event.length, data)
            yield event

    def close(self) -> None:  # noqa: B027 - not all of them hold something
        """Let go of the file."""


class CaptureSnap(Snap):
    """Reads the file again, from its start whenever the traffic begins anew."""

    beside_of = (FrameArrived, FrameSent)

    def __init__(self, path: str, size: int, verdict: Verdict | None = None) -> None:
        self._path = path
        self._size = size
        self._verdict = verdict
        self._capture: Capture | None = None
        self._records: Iterator[_Record] = iter(())
        self._passed: dict[int, _Record] = {}
        self._next = 0  # the number of the packet that is read next

    def of(self, packet: int, length: int) -> bytes:
        record = self._passed.pop(packet, None)
        if record is None and packet >= self._next:
            record = self._reach(packet)
        return b"" if record is None else self._fitting(record, length)

    def _reach(self, packet: int) -> _Record | None:
        """Read on towards a packet, and take it if it is not too far ahead.

        The last chunks that were passed are kept, for their frames may be told late.
        """
        farthest = self._next + _FARTHEST
        while self._next < min(packet, farthest):
            number, record = self._next, self._take()
            if record is not None and packet - number <= _LATE:
                self._passed[number] = record
        for number in [number for number in self._passed if number < packet - _LATE]:
            del self._passed[number]
        return self._take() if self._next == packet else None

    def _take(self) -> _Record | None:
        """The next packet, of the next round if need be; None if the file is empty or has gone."""
        record = next(self._records, None)
        if record is None:
            self._open()
            record = next(self._records, None)
        self._next += 1
        return record

    def _open(self) -> None:
        self.close()
        try:
            self._capture = open_capture(self._path, verdict=self._verdict)
            self._records = self._capture.records()
        except CaptureError:
            self._records = iter(())

    def _fitting(self, record: _Record, length: int) -> bytes:
        """Its bytes, if it is the packet that was meant: one of the same length."""
        _, original, link_type, captured = record
        if not can_read(link_type):
            return b""
        data, longer = as_ethernet(link_type, captured)
        whole = original + longer
        if whole == length and len(captured) == original:
            data = data[:-FCS_LENGTH]
        elif max(whole + FCS_LENGTH, 64) != length:
            return b""
        return data[: self._size]

    def close(self) -> None:
        if self._capture is not None:
            self._capture.close()


class SyntheticSnap(Snap):
    """Remembers the frames of the last chunks that went by, and the last frames of a closed loop."""

    beside_of = (FrameArrived, FrameSent)

    def __init__(self, size: int) -> None:
        self._size = size
        self._chunks: deque[list[Frame]] = deque(maxlen=_CHUNKS)
        self._last = -1  # the last packet of a chunk that was asked for
        self._seen: dict[int, Frame] = {}  # on the cable
        self._order: deque[int] = deque()  # the last packets on the cable, the oldest first

    def watched(self, chunks: Iterable[list[Frame]]) -> Iterator[list[Frame]]:
        """The traffic, which passes through here on its way to the emulator."""
        for chunk in chunks:
            self._chunks.append(chunk)
            yield chunk

    def looking(self, make: PeerMaker) -> PeerMaker:
        """The maker of the same peer; its frames pass through here, both ways."""

        def made(nic: Nic) -> Peer:
            peer = make(nic)
            peer.look = self._look
            return peer

        return made

    def _look(self, frame: Frame, coming: bool) -> None:
        """An answer may have the number of its request, and the bytes of a number are told once."""
        if not coming and frame.packet < HOST_PACKETS:
            return
        self._seen[frame.packet] = frame
        self._order.append(frame.packet)
        if len(self._order) > _SEEN:
            self._seen.pop(self._order.popleft(), None)

    def of(self, packet: int, length: int) -> bytes:
        frame = self._seen.pop(packet, None) or self._of_chunk(packet)
        return b"" if frame is None else _bytes(frame, length, self._size)

    def _of_chunk(self, packet: int) -> Frame | None:
        """A frame that comes; when a datapath sends it on, its bytes are told already."""
        if packet <= self._last:
            return None
        for chunk in self._chunks:
            if chunk and chunk[0].packet <= packet <= chunk[-1].packet:
                self._last = packet
                frame = chunk[bisect_left(chunk, packet, key=_PACKET)]
                return frame if frame.packet == packet else None
        return None


def _bytes(frame: Frame, length: int, kept: int) -> bytes:
    """The kept bytes of a frame of UDP or TCP over IPv4; b"" for another: it has no content."""
    flow, segment = frame.flow, frame.inner
    if ":" in flow.source:
        return b""
    if flow.protocol is Protocol.UDP:
        return _datagram(flow, length, kept)
    if flow.protocol is not Protocol.TCP or not isinstance(segment, Segment):
        return b""
    header = write(segment, flow.source_port, flow.destination_port)
    text = bytes(segment.length)
    pseudo = _pseudo(flow, ipv4.IPPROTO_TCP, tcp.HEADER + len(header.options) + len(text))
    made = _framed(flow, ipv4.IPPROTO_TCP, tcp.emit(header, text, pseudo))
    room = length - FCS_LENGTH
    return made.ljust(room, b"\0")[:kept] if len(made) <= room else b""


@lru_cache(maxsize=1024)
def _datagram(flow: Flow, length: int, kept: int) -> bytes:
    """The kept bytes of a frame of a UDP flow over IPv4. Frames of a flow and a length are alike."""
    payload = bytes(max(0, length - FCS_LENGTH - ethernet.ETH_HLEN - 20 - 8))
    header = udp.Udp(flow.source_port, flow.destination_port)
    datagram = udp.emit(header, payload, _pseudo(flow, ipv4.IPPROTO_UDP, 8 + len(payload)))
    return _framed(flow, ipv4.IPPROTO_UDP, datagram)[:kept]


def _pseudo(flow: Flow, protocol: int, length: int) -> bytes:
    addresses = IPv4Address(flow.source).packed + IPv4Address(flow.destination).packed
    return pseudo_header(addresses, protocol, length)


def _framed(flow: Flow, protocol: int, payload: bytes) -> bytes:
    source, destination = IPv4Address(flow.source).packed, IPv4Address(flow.destination).packed
    packet = ipv4.emit(ipv4.IPv4(source, destination, protocol), payload)
    macs = ethernet.Ethernet(flow.destination_mac, flow.source_mac, ethernet.ETH_P_IP)
    return ethernet.emit(macs, packet)
