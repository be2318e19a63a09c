"""The footer: where each chunk is, so that a long tape opens at once.

index block | mark 8 | offset of the index block 8 | CRC of these 16 bytes 4
"""

import struct
import zlib
from itertools import accumulate

import msgspec

from kbview.tape.index import Extent
from kbview.tape.kbt.block import BlockKind, Head, TapeDamagedError, pack
from kbview.tape.kbt.whole import differences

_MARK = b"KBTindex"
_TRAILER = struct.Struct("<8sq")
TRAILER_LENGTH = _TRAILER.size + 4


class Entries(msgspec.Struct):
    """A column for each of what there is to know of a chunk; all are differences."""

    offsets: list[int] = []
    fronts: list[int] = []  # with the head
    lengths: list[int] = []
    firsts: list[int] = []
    records: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    exact: list[int] = []
    sampled: list[int] = []


Row = tuple[int, int, int, Extent]  # offset, length with the front, whole length


def encode(chunks: list[Row], offset: int, records: int) -> bytes:
    """The end of a tape whose index is at `offset`; each chunk has a row.

    The index stands behind `records` records, which tells a reader whether the last ones are lost.
    """
    rows = [(*places, *map(int, extent)) for *places, extent in chunks]
    entries = Entries(*(differences(column) for column in zip(*rows, strict=True)))
    block = pack(BlockKind.INDEX, msgspec.msgpack.encode(entries), (), Extent(records, 0, 0, 0))
    trailer = _TRAILER.pack(_MARK, offset)
    return block + trailer + zlib.crc32(trailer).to_bytes(4, "little")


def offset_of_index(trailer: bytes) -> int | None:
    """Where the index is, by a tape's last bytes; None if they are no trailer."""
    if len(trailer) != TRAILER_LENGTH or zlib.crc32(trailer[:-4]).to_bytes(4, "little") != trailer[-4:]:
        return None
    mark, offset = _TRAILER.unpack_from(trailer)
    return offset if mark == _MARK and offset >= 0 else None


def decode(found: Head, data: bytes) -> list[Row]:
    """The same again; TapeDamagedError if the block is not as it was written."""
    try:
        entries = msgspec.msgpack.decode(found.front(data), type=Entries)
        rows = zip(*map(accumulate, msgspec.structs.astuple(entries)), strict=True)
        return [(*row[:3], Extent(*row[3:7], *map(bool, row[7:]))) for row in rows]
    except (msgspec.MsgspecError, ValueError, TypeError) as error:
        raise TapeDamagedError(f"the index makes no sense: {error}") from error
