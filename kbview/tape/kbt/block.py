"""Blocks: the frame around everything in a tape file.

    mark 8 | kind 1, flags 1, 0 0 | front 4 | back 4 | records 4 | first 8 | start 8 | end 8
           | front's CRC 4 | back's CRC 4 | CRC 4 || front ... | back ...

Little-endian; the last CRC covers the head before it. Front and back are zlib streams of their own,
so that a reader can take the front alone. Position and times are a chunk's, 0 elsewhere. The mark is
made like PNG's: a transfer that changes line ends or the eighth bit breaks it.
"""

import struct
import zlib
from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import NamedTuple

from kbview.tape.chunk import MOST_RECORDS
from kbview.tape.index import Extent
from kbview.tape.kbt.stream import LEVEL, StreamPart, compressed

MARK = b"\x8bKBT\r\n\x1a\n"
_HEAD = struct.Struct("<8sBB2xIIIqqqII")
_CRC = struct.Struct("<I")
HEAD_LENGTH = _HEAD.size + _CRC.size
MOST_PACKED = 1 << 26  # bytes of a front or back; a longer one is damage
MOST_UNPACKED = 1 << 28  # bytes; zlib could make a thousand times as many of a small one
NOWHERE = Extent(0, 0, 0, 0)


class BlockKind(IntEnum):
    """The content of a block."""

    HEADER = 1
    CHUNK = 2
    INDEX = 3


class Flag(IntFlag):
    """Properties of a chunk, as in Extent."""

    EXACT = 1
    SAMPLED = 2


class TapeDamagedError(ValueError):
    """Bytes that differ from the written ones."""


class Head(NamedTuple):
    """A block's head, checked. `front_length` and `back_length` are bytes as packed."""

    kind: int
    flags: int
    front_length: int
    back_length: int
    records: int
    first: int
    start_ps: int
    end_ps: int
    front_crc: int
    back_crc: int

    @property
    def length(self) -> int:
        """Bytes of the whole block."""
        return HEAD_LENGTH + self.front_length + self.back_length

    @property
    def extent(self) -> Extent:
        """Where the chunk lies on the tape; an index behind the last."""
        flags = bool(self.flags & Flag.EXACT), bool(self.flags & Flag.SAMPLED)
        return Extent(self.first, self.records, self.start_ps, self.end_ps, *flags)

    def front(self, block: bytes) -> bytes:
        """The front unpacked; TapeDamagedError if it is not as it was written."""
        return _unpacked(self._parts(block)[0], self.front_crc)

    def back(self, block: bytes) -> bytes:
        """The back unpacked; TapeDamagedError if it is not as it was written."""
        return _unpacked(self._parts(block)[1], self.back_crc)

    def whole(self, block: bytes) -> bool:
        """Whether both are as they were written."""
        return tuple(map(zlib.crc32, self._parts(block))) == (self.front_crc, self.back_crc)

    def _parts(self, block: bytes) -> tuple[bytes, bytes]:
        between = HEAD_LENGTH + self.front_length
        return block[HEAD_LENGTH:between], block[between : self.length]


def _unpacked(data: bytes, crc: int) -> bytes:
    if zlib.crc32(data) != crc:
        raise TapeDamagedError("a block's checksum is wrong")
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(data, MOST_UNPACKED)
    except zlib.error as error:
        raise TapeDamagedError(f"a block cannot be unpacked: {error}") from error
    if not unpacker.eof or unpacker.unused_data:
        raise TapeDamagedError("a block is not one compressed stream")
    return unpacked


def pack(
    kind: BlockKind,
    front: bytes,
    back: Iterable[StreamPart] = (),
    extent: Extent = NOWHERE,
    *,
    front_level: int = LEVEL,
) -> bytes:
    """A whole block. Level 0 is for a front that is compressed already."""
    data = [zlib.compress(front, front_level), compressed(back)]
    crcs = map(zlib.crc32, data)
    flags = Flag.EXACT * extent.exact | Flag.SAMPLED * extent.sampled
    head = _HEAD.pack(MARK, kind, flags, *map(len, data), extent.records, *_place(extent), *crcs)
    return b"".join((head, _CRC.pack(zlib.crc32(head)), *data))


def _place(extent: Extent) -> tuple[int, int, int]:
    return extent.first, extent.start_ps, extent.end_ps


def head(data: bytes) -> Head | None:
    """The head that `data` begins with; None if it is none, or a damaged one."""
    if len(data) < HEAD_LENGTH or not data.startswith(MARK):
        return None
    if zlib.crc32(data[: _HEAD.size]) != _CRC.unpack_from(data, _HEAD.size)[0]:
        return None
    found = Head(*_HEAD.unpack_from(data)[1:])
    possible = (
        max(found.front_length, found.back_length) <= MOST_PACKED
        and found.records <= MOST_RECORDS
        and found.first >= 0
        and 0 <= found.start_ps <= found.end_ps
    )
    return found if possible else None
