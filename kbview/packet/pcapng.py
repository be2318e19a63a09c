"""The next-generation capture format: blocks of several types, interfaces described on the way.

    | type 4 | length 4 | body ... | length 4 |

A section header (type 0x0A0D0D0A) sets the byte order and forgets the interfaces before it.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
"""

import struct

from kbview.packet.link import HEADER_LENGTHS
from kbview.packet.reader import Reader
from kbview.packet.record import (
    BATCH,
    MAXIMUM_SNAPLEN,
    PS_PER_SECOND,
    DamagedRecordError,
    Interface,
    Record,
    UnknownLinkTypeError,
)
from kbview.packet.window import Window

MAGIC = b"\x0a\x0d\x0d\x0a"
_SECTION = 0x0A0D0D0A
_INTERFACE = 1
_OBSOLETE_PACKET = 2
_SIMPLE_PACKET = 3
_ENHANCED_PACKET = 6
_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_LONGEST_BLOCK = 1 << 24
_SHORTEST_BLOCK = 12
_IF_TSRESOL = 9
_IF_FCSLEN = 13
_IF_TSOFFSET = 14


class Pcapng(Reader):
    """Reads any number of sections, in either byte order."""

    format = "pcapng"

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._order = "<"
        self._interfaces: list[Interface] = []
        self._link_types: dict[int, None] = {}  # in the order of their appearance
        self._last_ps = 0

    @property
    def link_types(self) -> tuple[int, ...]:
        """The link types of the interfaces described so far."""
        return tuple(self._link_types)

    def _batch(self) -> list[Record]:
        records: list[Record] = []
        try:
            while len(records) < BATCH and (block := self._block()) is not None:
                record = self._read(*block)
                if record is not None:
                    records.append(record)
        except (DamagedRecordError, struct.error) as error:
            self.damage = f"damaged at packet {self.count + len(records)}: {error}"
        return records

    def _block(self) -> tuple[int, bytes] | None:
        """The type and body of the next block, None until all of it is in the window."""
        data, start = self._window.data, self._used
        if start + _SHORTEST_BLOCK > self._window.end:
            return None
        if data[start : start + 4] == MAGIC:
            self._start_section(data[start + 8 : start + 12])
        kind, length = struct.unpack_from(self._order + "II", data, start)
        if not _SHORTEST_BLOCK <= length <= _LONGEST_BLOCK or length % 4:
            raise DamagedRecordError(f"a block claims {length:,} bytes")
        if start + length > self._window.end:
            return None
        self._used += length
        return kind, data[start + 8 : start + length - 4]

    def _start_section(self, magic: bytes) -> None:
        if magic not in _ORDERS:
            raise DamagedRecordError("a section without a byte order")
        self._order = _ORDERS[magic]
        self._interfaces = []

    def _read(self, kind: int, body: bytes) -> Record | None:
        """The packet in a block, if it has one that can be shown."""
        if kind == _INTERFACE:
            self._add_interface(body)
        elif kind == _ENHANCED_PACKET:
            index, high, low, captured, original = self._unpack("IIIII", body)
            return self._record(index, high << 32 | low, captured, original, body[20:])
        elif kind == _OBSOLETE_PACKET:
            index, _, high, low, captured, original = self._unpack("HHIIII", body)
            return self._record(index, high << 32 | low, captured, original, body[20:])
        elif kind == _SIMPLE_PACKET:
            (original,) = self._unpack("I", body)
            snap_length = self._interface(0).snap_length or MAXIMUM_SNAPLEN
            return self._record(0, None, min(original, snap_length), original, body[4:])
        return None

    def _add_interface(self, body: bytes) -> None:
        link_type, _, snap_length = self._unpack("HHI", body)
        options = self._options(body[8:])
        resolution = options.get(_IF_TSRESOL, b"\6")[0]
        (offset,) = self._unpack("q", options.get(_IF_TSOFFSET, bytes(8)))
        self._link_types[link_type] = None
        self._interfaces.append(
            Interface(
                link_type,
                2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution,
                offset * PS_PER_SECOND,
                snap_length,
                options.get(_IF_FCSLEN, b"\0")[0],
            )
        )

    def _options(self, body: bytes) -> dict[int, bytes]:
        options = {}
        while len(body) >= 4:
            code, length = self._unpack("HH", body)
            if length:
                options[code] = body[4 : 4 + length]
            body = body[4 + length + -length % 4 :]
        return options

    def _record(
        self, index: int, ticks: int | None, captured: int, original: int, data: bytes
    ) -> Record | None:
        """A packet, None if its link type is unknown; without a time it has its predecessor's."""
        interface = self._interface(index)
        if captured > min(len(data), MAXIMUM_SNAPLEN):
            raise DamagedRecordError(f"it claims {captured:,} bytes")
        if interface.link_type not in HEADER_LENGTHS:
            self._skip(interface.link_type)
            return None
        if ticks is not None:
            self._last_ps = interface.time_ps(ticks)
        return Record(self._last_ps, original, interface, data[:captured])

    def _interface(self, index: int) -> Interface:
        if index >= len(self._interfaces):
            raise DamagedRecordError(f"it names interface {index}, which is not described")
        return self._interfaces[index]

    def _skip(self, link_type: int) -> None:
        """Count a packet of an unknown link type; an error if there is nothing else to show."""
        if not any(interface.link_type in HEADER_LENGTHS for interface in self._interfaces):
            raise UnknownLinkTypeError(link_type)
        self.skipped += 1

    def _unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack_from(self._order + layout, data)
