"""The classic capture format: a file header, then a 16-byte header before every packet.

    | magic 4 | version 4 | zone 4 | accuracy 4 | snap length 4 | FCS, link type 4 |
    | seconds 4 | fraction 4 | captured 4 | original 4 | packet ... | ...

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
"""

import struct
from collections.abc import Iterator

from kbview.packet.decoder import SHORT_CUT, Decoder
from kbview.packet.frame import Frame
from kbview.packet.outline import datagram_fault
from kbview.packet.reader import Reader
from kbview.packet.record import BATCH, MAXIMUM_SNAPLEN, PS_PER_SECOND, Interface, Record
from kbview.packet.window import Window

MAGICS = {
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
}
FILE_HEADER = 24
_RECORD = 16
# How much of the total length the IPv4 and TCP headers take, by TCP's data offset byte; an
# impossible offset takes more than there can be.
_HEADERS = tuple(20 + (byte >> 4) * 4 if byte >> 4 >= 5 else 1 << 16 for byte in range(256))


class Pcap(Reader):
    """Reads microseconds or nanoseconds, in either byte order."""

    format = "pcap"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        order, ticks = MAGICS[window.data[:4]]
        (word,) = struct.unpack_from(order + "I", window.data, 20)
        fcs_length = (word >> 28) * 2 if word & 0x0400_0000 else 0
        self._interface = Interface(word & 0xFFFF, ticks, fcs_length=fcs_length)
        self._record = struct.Struct(order + "IIII")
        # Lengths inside the packet are big-endian whatever the file is: they are read bytewise.
        self._headers = struct.Struct(order + "IIII 15sx BB xx 4sxx 12s 8x BB")
        self._tick_ps = PS_PER_SECOND // ticks
        self._used = FILE_HEADER

    @property
    def link_types(self) -> tuple[int, ...]:
        """The file's only link type."""
        return (self._interface.link_type,)

    def frames(self, decoder: Decoder) -> Iterator[list[Frame]]:
        """Decode by the short cut."""
        return self._until_end(lambda: self._burst(decoder))

    def _batch(self) -> list[Record]:
        records: list[Record] = []
        data, end = self._window.data, self._window.end
        while self._used + _RECORD <= end and len(records) < BATCH:
            seconds, ticks, captured, original = self._record.unpack_from(data, self._used)
            start = self._used + _RECORD
            if start + captured > end or captured > MAXIMUM_SNAPLEN:
                break
            time_ps = seconds * PS_PER_SECOND + ticks * self._tick_ps
            self._used = start + captured
            packet = data[start : self._used]
            records.append(Record(time_ps, original, self._interface, packet))
        return records

    def _advance(self) -> bool:
        if self._used + _RECORD <= self._window.end:
            _, _, captured, _ = self._record.unpack_from(self._window.data, self._used)
            if captured > MAXIMUM_SNAPLEN:
                self.damage = f"damaged at packet {self.count}, which claims {captured:,} bytes"
                return False
        return super()._advance()

    def _burst(self, decoder: Decoder) -> list[Frame]:  # noqa: PLR0915 - the hot loop, in one place
        """The fast path: one unpack and one look-up a packet; benchmarks/capture.py measures it."""
        data, end, used, tick_ps = self._window.data, self._window.end, self._used, self._tick_ps
        unpack, tcp, udp = self._headers.unpack_from, decoder.tcp.get, decoder.udp.get
        interface, verify, clock = self._interface, decoder.verify, decoder.clock
        start_ps, last_ps, near_ps = clock.start_ps, clock.last_ps, clock.near_ps
        frames: list[Frame] = []
        for packet in range(self.count, self.count + BATCH):
            (seconds, ticks, captured, original, link, high, low, shape, ends, offset, flags) = unpack(
                data, used
            )
            start = used + _RECORD
            if start + captured > end or captured > MAXIMUM_SNAPLEN:
                break
            used = start + captured
            arrived_ps = seconds * PS_PER_SECOND + ticks * tick_ps - start_ps
            if not last_ps <= arrived_ps <= near_ps:
                clock.last_ps = last_ps
                arrived_ps = clock.arrived_ps(arrived_ps + start_ps)
                start_ps, near_ps = clock.start_ps, clock.near_ps
            last_ps, total = arrived_ps, high << 8 | low
            if (flow := tcp(link + shape + ends)) is not None:
                payload = total - _HEADERS[offset]
            else:
                flow, flags = udp(link + shape + ends), 0
                payload = (data[start + 38] << 8 | data[start + 39]) - 8
            fits = 0 <= payload <= total - 28 and 14 <= original - total <= MAXIMUM_SNAPLEN
            if flow is None or captured < SHORT_CUT or not fits:
                frame = decoder.frame(arrived_ps, packet, original, interface, data[start:used])
            else:
                whole = verify and captured - 14 >= total
                fault = datagram_fault(data[start + 14 : start + 14 + total]) if whole else ""
                length = original + 4 if original > 60 else 64
                frame = Frame(arrived_ps, packet, length, flow, payload, flags, fault)
            frames.append(frame)
        self._used, clock.last_ps = used, last_ps
        return frames
