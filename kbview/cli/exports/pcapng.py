"""The packets of a tape as pcapng, each with what became of it as a comment.

Read more: draft-ietf-opsawg-pcapng, Enhanced Packet Block, opt_comment
"""

import struct
from collections.abc import Iterable, Iterator

from kbview.cli.exports.export import Export
from kbview.packet.frame import FCS_LENGTH
from kbview.packet.link import LINKTYPE_ETHERNET
from kbview.packet.record import MAXIMUM_SNAPLEN
from kbview.tape.event import Event
from kbview.tape.events import (
    FrameMissed,
    FrameRecorded,
    FrameSent,
    PacketDelivered,
    PacketDropped,
)
from kbview.tape.source import SourceError

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_MAGIC = 0x1A2B3C4D
_COMMENT, _TSRESOL, _END = 1, 9, 0
_NANOSECONDS = 9  # the resolution of time stamps, as a power of ten
_PS_PER_NS = 1000


class Pcapng(Export):
    """Time stamps count from the tape's beginning. Needs a tape with bytes (record --snap)."""

    name = "pcapng"
    summary = "the recorded packets, with what became of each as a comment"

    def pieces(self, records: Iterable[Event]) -> Iterator[bytes]:
        yield _block(_SECTION, struct.pack("<IHHq", _MAGIC, 1, 0, -1))
        resolution = _option(_TSRESOL, bytes([_NANOSECONDS])) + _option(_END, b"")
        head = struct.pack("<HHI", LINKTYPE_ETHERNET, 0, MAXIMUM_SNAPLEN)
        yield _block(_INTERFACE, head + resolution)
        found = False
        for frame, comment in _commented(records):
            found = True
            yield _packet(frame, comment)
        if not found:
            raise SourceError("no packet's bytes are on this tape; record it with --snap 65535", 2)


def _commented(records: Iterable[Event]) -> Iterator[tuple[FrameRecorded, str]]:
    """Frames in the order of the tape, as soon as the fate of each and of all before is known."""
    waiting: dict[int, FrameRecorded] = {}
    fates: dict[int, str] = {}
    for record in records:
        if isinstance(record, FrameRecorded):
            waiting[record.packet] = record
            continue
        fate = _fate(record)
        packet = getattr(record, "packet", -1)
        if fate and packet in waiting:
            fates[packet] = fate
            while waiting and (first := next(iter(waiting))) in fates:
                yield waiting.pop(first), fates.pop(first)
    for packet, frame in waiting.items():
        yield frame, fates.get(packet, "kbview: still on its way where the tape ends")


def _fate(record: Event) -> str:
    match record:
        case PacketDelivered():
            latency_us = record.latency_ps / 1e6
            return f"kbview: delivered to {record.where} after {latency_us:.3f} us, cpu {record.cpu}"
        case PacketDropped():
            return f"kbview: dropped at {record.where}: {record.reason}"
        case FrameMissed():
            return f"kbview: missed, no free descriptor in queue {record.queue}"
        case FrameSent():
            return f"kbview: sent from queue {record.queue}"
        case _:
            return ""


def _packet(frame: FrameRecorded, comment: str) -> bytes:
    stamp = frame.time_ps // _PS_PER_NS
    original = max(frame.length - FCS_LENGTH, len(frame.data))
    head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame.data), original)
    options = _option(_COMMENT, comment.encode()) + _option(_END, b"")
    return _block(_PACKET, head + _padded(frame.data) + options)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length
