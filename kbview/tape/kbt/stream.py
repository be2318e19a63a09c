"""A zlib stream of parts, each compressed by the method that suits it.

    header 2 | words, Z_FULL_FLUSH | noise, Z_FULL_FLUSH | words ... | last, Z_FINISH | Adler-32 4

Three compressors take turns. Level 1 looks for repeated words, at 20 ns a byte where it finds none.
Huffman codes alone take half of that, and to store bytes takes next to nothing. A full flush ends a
part at a byte and forgets all before it, so the parts of all compressors form one stream that any zlib
reads (RFC 1950, RFC 1951).
"""

import zlib
from collections.abc import Iterable
from enum import IntEnum
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

LEVEL = 1  # of zlib; 6 takes four times as long for a fifth less
_BITS = -15  # deflate without a header: the header of the stream is written here
_MEMORY = 8  # zlib's default
_DATA, _METHOD = itemgetter(0), itemgetter(1)
_HEADER = zlib.compress(b"", LEVEL)[:2]


class Packing(IntEnum):
    """The compression of a part."""

    WORDS = 0  # repeated ones are told by their distance
    CODES = 1  # short codes for frequent bytes
    STORED = 2


class StreamPart(NamedTuple):
    """Bytes of a stream, and how they are compressed."""

    data: bytes
    method: Packing = Packing.WORDS


def compressed(parts: Iterable[StreamPart]) -> bytes:
    """The parts behind one another as a zlib stream."""
    packers = (
        zlib.compressobj(LEVEL, zlib.DEFLATED, _BITS, _MEMORY),
        zlib.compressobj(LEVEL, zlib.DEFLATED, _BITS, _MEMORY, zlib.Z_HUFFMAN_ONLY),
        zlib.compressobj(0, zlib.DEFLATED, _BITS, _MEMORY),
    )
    stream, check = [_HEADER], 1
    for method, group in groupby(parts, _METHOD):
        packer, data = packers[method], b"".join(map(_DATA, group))
        stream += packer.compress(data), packer.flush(zlib.Z_FULL_FLUSH)
        check = zlib.adler32(data, check)
    stream += packers[0].flush(), check.to_bytes(4, "big")
    return b"".join(stream)
