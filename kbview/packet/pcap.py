"""The classic capture format: a file header, then a 16-byte header before every packet.

    | magic 4 | version 4 | zone 4 | accuracy 4 | snap length 4 | FCS, link type 4 |
    | seconds 4 | fraction 4 | captured 4 | original 4 | packet ... | ...

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
"""

import struct
from collections.abc import Iterator

from kbview.packet.decoder import FrameDecoder
from kbview.packet.frame import Frame
from kbview.packet.link import LINKTYPE_ETHERNET
from kbview.packet.reader import Reader
from kbview.packet.record import BATCH, MAXIMUM_SNAPLEN, PS_PER_SECOND, CaptureRecord, Interface
from kbview.packet.shortcut import ShortCut
from kbview.packet.window import Window

MAGICS = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
}
FILE_HEADER = 24
_RECORD = 16


class Pcap(Reader):
    """Reads microseconds or nanoseconds, in either byte order."""

    format = "pcap"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        order, ticks = MAGICS[window.data[self._used : self._used + 4]]
        self._order = order
        (word,) = struct.unpack_from(order + "I", window.data, self._used + 20)
        fcs_length = (word >> 28) * 2 if word & 0x0400_0000 else 0
        self._interface = Interface(word & 0xFFFF, ticks, fcs_length=fcs_length)
        self._record = struct.Struct(order + "IIII")
        self._tick_ps = PS_PER_SECOND // ticks
        self._used += FILE_HEADER

    @property
    def link_types(self) -> tuple[int, ...]:
        """The file's only link type."""
        return (self._interface.link_type,)

    def frames(self, decoder: FrameDecoder) -> Iterator[list[Frame]]:
        """Decode, by the short cut where there is one."""
        if self._interface.link_type != LINKTYPE_ETHERNET or self._interface.fcs_length:
            return super().frames(decoder)
        short_cut = ShortCut(decoder, self._order, self._interface)
        return self._until_end(lambda: self._burst(short_cut))

    def _batch(self) -> list[CaptureRecord]:
        records: list[CaptureRecord] = []
        data, end = self._window.data, self._window.end
        while self._used + _RECORD <= end and len(records) < BATCH:
            seconds, ticks, captured, original = self._record.unpack_from(data, self._used)
            start = self._used + _RECORD
            if start + captured > end or captured > MAXIMUM_SNAPLEN:
                break
            time_ps = seconds * PS_PER_SECOND + ticks * self._tick_ps
            self._used = start + captured
            packet = data[start : self._used]
            records.append(CaptureRecord(time_ps, original, self._interface, packet))
        return records

    def _advance(self) -> bool:
        if self._used + _RECORD <= self._window.end:
            _, _, captured, _ = self._record.unpack_from(self._window.data, self._used)
            if captured > MAXIMUM_SNAPLEN:
                self.damage = f"damaged at packet {self.count}, which claims {captured:,} bytes"
                return False
        return super()._advance()

    def _burst(self, short_cut: ShortCut) -> list[Frame]:
        frames, self._used = short_cut.frames(self._window, self._used, self.count)
        return frames
