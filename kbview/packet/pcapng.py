"""The next-generation capture format: blocks of several types, interfaces described on the way.

    | type 4 | length 4 | body ... | length 4 |

A section header (type 0x0A0D0D0A) sets the byte order and forgets the interfaces before it.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html
"""

import struct

import msgspec

from kbview.packet.link import can_read
from kbview.packet.reader import Reader
from kbview.packet.record import (
    BATCH,
    MAXIMUM_SNAPLEN,
    PS_PER_SECOND,
    CaptureRecord,
    DamagedRecordError,
    Interface,
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
_PACKET_HEADER = 20
_SHORTEST_OPTION = 4
_END_OF_OPTIONS = 0
_EPB_FLAGS = 2
_LONGEST_FCS = 8  # bytes
_IF_TSRESOL = 9
_IF_FCSLEN = 13
_IF_TSOFFSET = 14


class PcapngReader(Reader):
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

    def _batch(self) -> list[CaptureRecord]:
        records: list[CaptureRecord] = []
        try:
            while len(records) < BATCH and (block := self._block()) is not None:
                record = self._read(*block)
                if record is not None:
                    records.append(record)
        except DamagedRecordError as error:
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

    def _read(self, kind: int, body: bytes) -> CaptureRecord | None:
        """The packet in a block, if it has one that can be shown."""
        if kind == _INTERFACE:
            self._add_interface(body)
        elif kind == _ENHANCED_PACKET:
            index, high, low, captured, original = self._unpack("IIIII", body)
            interface = self._interface(index)
            after = _PACKET_HEADER + captured + -captured % 4
            if len(body) >= after + _SHORTEST_OPTION:
                interface = self._with_fcs(interface, self._options(body[after:]))
            return self._record(interface, high << 32 | low, captured, original, body[20:])
        elif kind == _OBSOLETE_PACKET:
            index, _, high, low, captured, original = self._unpack("HHIIII", body)
            interface = self._interface(index)
            return self._record(interface, high << 32 | low, captured, original, body[20:])
        elif kind == _SIMPLE_PACKET:
            (original,) = self._unpack("I", body)
            interface = self._interface(0)
            captured = min(original, interface.snap_length or MAXIMUM_SNAPLEN)
            return self._record(interface, None, captured, original, body[4:])
        return None

    def _add_interface(self, body: bytes) -> None:
        link_type, _, snap_length = self._unpack("HHI", body)
        options = self._options(body[8:])
        resolution = _value(options, _IF_TSRESOL, b"\6")[0]
        (offset,) = self._unpack("q", _value(options, _IF_TSOFFSET, bytes(8)))
        self._link_types[link_type] = None
        self._interfaces.append(
            Interface(
                link_type,
                2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution,
                offset * PS_PER_SECOND,
                snap_length,
                _fcs_length(_value(options, _IF_FCSLEN, b"\0")[0]),
            )
        )

    def _options(self, body: bytes) -> dict[int, bytes]:
        """The options up to the one that ends them, by their codes; the first of each."""
        options: dict[int, bytes] = {}
        while len(body) >= _SHORTEST_OPTION:
            code, length = self._unpack("HH", body)
            if code == _END_OF_OPTIONS:
                break
            options.setdefault(code, body[4 : 4 + length])
            body = body[4 + length + -length % 4 :]
        return options

    def _with_fcs(self, interface: Interface, options: dict[int, bytes]) -> Interface:
        """The interface, with the length of the FCS that the packet's own flags give, if they do."""
        (flags,) = self._unpack("I", _value(options, _EPB_FLAGS, bytes(4)))
        fcs_length = flags >> 5 & 0xF
        if not fcs_length or fcs_length == interface.fcs_length:
            return interface
        return msgspec.structs.replace(interface, fcs_length=fcs_length)

    def _record(
        self, interface: Interface, ticks: int | None, captured: int, original: int, data: bytes
    ) -> CaptureRecord | None:
        """A packet, None if its link type cannot be read; without a time it has its predecessor's."""
        if captured > min(len(data), MAXIMUM_SNAPLEN):
            raise DamagedRecordError(f"it claims {captured:,} bytes")
        if not can_read(interface.link_type):
            self.skipped[interface.link_type] += 1
            return None
        if ticks is not None:
            self._last_ps = interface.time_ps(ticks)
        return CaptureRecord(self._last_ps, original, interface, data[:captured])

    def _interface(self, index: int) -> Interface:
        if index >= len(self._interfaces):
            raise DamagedRecordError(f"it names interface {index}, which is not described")
        return self._interfaces[index]

    def _unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        try:
            return struct.unpack_from(self._order + layout, data)
        except struct.error:
            needed = struct.calcsize("=" + layout)
            raise DamagedRecordError(
                f"a block of {len(data)} bytes where {needed} are needed"
            ) from None


def _fcs_length(value: int) -> int:
    """Bytes of an if_fcslen, which some writers give in bits, as the first drafts had it."""
    return value if value <= _LONGEST_FCS else value // 8


def _value(options: dict[int, bytes], code: int, default: bytes) -> bytes:
    """An option's bytes; the default if it is not there, or not as long as it has to be."""
    value = options.get(code, default)
    return value if len(value) == len(default) else default
