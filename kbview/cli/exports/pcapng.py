"""The packets of a tape as pcapng, each with its fate as a comment.

The section's comment tells the origin of the numbers: an emulated latency looks like a measured one.
Read more: draft-ietf-opsawg-pcapng, Enhanced Packet Block, opt_comment
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kbview import __version__
from kbview.cli.exports.file_format import Export, origin
from kbview.packet.frame import FCS_LENGTH
from kbview.packet.link import LINKTYPE_ETHERNET
from kbview.packet.record import MAXIMUM_SNAPLEN
from kbview.tape.event import NO_CPU, NO_LATENCY, Event
from kbview.tape.events import (
    EndUnseen,
    FrameMissed,
    FrameRecorded,
    FrameSent,
    PacketDelivered,
    PacketDropped,
)
from kbview.tape.source import Heading, SourceError

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_MAGIC = 0x1A2B3C4D
_COMMENT, _NAME, _APPLICATION, _FLAGS, _TSRESOL, _END = 1, 2, 4, 2, 9, 0
_INBOUND, _OUTBOUND = 1, 2
_MOST_EARLY = 65_536  # fates that are kept for frames whose bytes come later, as a live ring tells them
_NANOSECONDS = 9  # the resolution of time stamps, as a power of ten
_PS_PER_NS = 1000


class Fate(NamedTuple):
    """The end of a packet: a sentence, and whether the host sent it."""

    text: str
    outbound: bool = False


_UNDER_WAY = Fate("kbview: still on its way where the tape ends")


class Pcapng(Export):
    """Time stamps count from the tape's beginning. Needs a tape with bytes (record --snap)."""

    name = "pcapng"
    summary = "the recorded packets, with the fate of each as a comment"

    def pieces(self, records: Iterable[Event], heading: Heading) -> Iterator[bytes]:
        comment = f"{origin(heading)}; time stamps count from the beginning of the tape"
        about = _option(_COMMENT, comment.encode()) + _option(
            _APPLICATION, f"kbview {__version__}".encode()
        )
        head = struct.pack("<IHHq", _MAGIC, 1, 0, -1)
        yield _block(_SECTION, head + about + _option(_END, b""))
        options = _option(_NAME, heading.name.encode()) + _option(_TSRESOL, bytes([_NANOSECONDS]))
        head = struct.pack("<HHI", LINKTYPE_ETHERNET, 0, MAXIMUM_SNAPLEN)
        yield _block(_INTERFACE, head + options + _option(_END, b""))
        found = False
        for frame, fate in _with_fates(records):
            found = True
            yield _packet(frame, fate)
        if not found:
            raise SourceError("no packet's bytes are on this tape; record it with --snap 65535", 2)


def _with_fates(records: Iterable[Event]) -> Iterator[tuple[FrameRecorded, Fate]]:
    """Frames in the order of the tape, as soon as the fate of each and of all before is known.

    A live source may tell a delivery before the bytes of the frame.
    """
    waiting: dict[int, FrameRecorded] = {}
    fates: dict[int, Fate] = {}
    early: dict[int, Fate] = {}
    for record in records:
        packet = getattr(record, "packet", -1)
        if isinstance(record, FrameRecorded):
            waiting[packet] = record
            fate = early.pop(packet, None)
        else:
            fate = _fate(record)
        if fate is None:
            continue
        if packet not in waiting:
            early[packet] = fate
            if len(early) > _MOST_EARLY:
                del early[next(iter(early))]
            continue
        fates[packet] = fate
        while waiting and (first := next(iter(waiting))) in fates:
            yield waiting.pop(first), fates.pop(first)
    for packet, frame in waiting.items():
        yield frame, fates.get(packet, _UNDER_WAY)


def _fate(record: Event) -> Fate | None:
    match record:
        case PacketDelivered():
            known = record.latency_ps != NO_LATENCY
            after = f" after {record.latency_ps / 1e6:.3f} us" if known else ""
            on = f", cpu {record.cpu}" if record.cpu != NO_CPU else ""
            return Fate(f"kbview: delivered to {record.where}{after}{on}")
        case PacketDropped():
            return Fate(f"kbview: dropped at {record.where}: {record.reason}")
        case FrameMissed():
            return Fate(f"kbview: missed, no free descriptor in queue {record.queue}")
        case EndUnseen():
            return Fate("kbview: no record tells its end")
        case FrameSent():
            return Fate(f"kbview: sent from queue {record.queue}", outbound=True)
        case _:
            return None


def _packet(frame: FrameRecorded, fate: Fate) -> bytes:
    stamp = frame.time_ps // _PS_PER_NS
    original = max(frame.length - FCS_LENGTH, len(frame.data))
    head = struct.pack("<IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame.data), original)
    flags = struct.pack("<I", _OUTBOUND if fate.outbound else _INBOUND)
    options = _option(_FLAGS, flags) + _option(_COMMENT, fate.text.encode()) + _option(_END, b"")
    return _block(_PACKET, head + _padded(frame.data) + options)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length
