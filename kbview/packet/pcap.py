"""The classic capture format: a file header, then a 16-byte header before every packet.

    | magic 4 | version 4 | zone 4 | accuracy 4 | snap length 4 | FCS, link type 4 |
    | seconds 4 | fraction 4 | captured 4 | original 4 | packet ... | ...

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html
"""

import struct
from collections.abc import Iterator

from kbview.packet.decoder import NOBODY, Decoder, Seen
from kbview.packet.ethernet import ETH_HLEN
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
_ENDLESS = 1 << 62  # the size of a record that claims too much
_STRANGE = (0, NOBODY, -1, None)  # length, flow and payload of what must be decoded with care
# The length of a TCP header by its data offset byte; an impossible one is longer than any packet.
_HEADERS = tuple((byte >> 4) * 4 if byte >> 4 >= 5 else 1 << 16 for byte in range(256))


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
        self._sizes = struct.Struct(order + "II 16x BB")
        # Time; both lengths, Ethernet and IP as far as its total length; fragment, TTL, protocol;
        # addresses and ports; UDP's length; TCP's data offset and flags.
        self._fields = struct.Struct(order + "II 26s 2x 4s 2x 12s 2s 6x BB")
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
        unpack, seen, clock = self._fields.unpack_from, decoder.seen.get, decoder.clock
        verify, second, base_ps, last_ps = decoder.verify, -1, 0, clock.last_ps
        headers, make, join = _HEADERS, Frame, b"".join
        frames: list[Frame] = []
        keep = frames.append
        for packet in range(self.count, self.count + BATCH):
            seconds, ticks, sizes, shape, ends, udp_length, offset, flags = unpack(data, used)
            key = join((sizes, shape, ends))
            size, length, flow, payload, expected = seen(key) or self._look(decoder, key, udp_length)
            stop = used + size
            if stop > end:
                break
            arrived_ps = base_ps + ticks * tick_ps
            if seconds != second or arrived_ps < last_ps:
                clock.last_ps = last_ps
                arrived_ps = clock.arrived_ps(seconds * PS_PER_SECOND + ticks * tick_ps)
                second, base_ps = seconds, seconds * PS_PER_SECOND - clock.start_ps
            last_ps = arrived_ps
            if expected is None:
                payload -= headers[offset]
            elif udp_length == expected:
                flags = 0
            else:
                payload = -1
            if payload < 0:
                frame = self._careful(decoder, arrived_ps, packet, used, size)
            elif verify:
                fault = self._fault(used, size, sizes)
                frame = make(arrived_ps, packet, length, flow, payload, flags, fault)
            else:
                frame = make(arrived_ps, packet, length, flow, payload, flags)
            keep(frame)
            used = stop
        self._used, clock.last_ps = used, last_ps
        return frames

    def _look(self, decoder: Decoder, key: bytes, udp_length: bytes) -> Seen:
        """What a record is, if its flow is known; remembered for the next of its kind."""
        captured, original, high, low = self._sizes.unpack_from(key)
        if captured > MAXIMUM_SNAPLEN:
            return (_ENDLESS, *_STRANGE)
        header_key, total = key[8:23] + key[26:], high << 8 | low
        plain = decoder.recall(header_key, captured, original, total, udp_length)
        header = (_RECORD + captured, *(plain or _STRANGE))
        if plain is not None:
            decoder.remember(key, header)
        return header

    def _careful(self, decoder: Decoder, arrived_ps: int, packet: int, used: int, size: int) -> Frame:
        """A record of any shape."""
        _, _, _, original = self._record.unpack_from(self._window.data, used)
        data = self._window.data[used + _RECORD : used + size]
        return decoder.frame(arrived_ps, packet, original, self._interface, data)

    def _fault(self, used: int, size: int, sizes: bytes) -> str:
        """What the checksums of a plain datagram say, if it was captured whole."""
        start = used + _RECORD + ETH_HLEN
        end = start + int.from_bytes(sizes[-2:], "big")
        return datagram_fault(self._window.data[start:end]) if end <= used + size else ""
