"""Planes: whole numbers as their bytes, the lowest bytes of all numbers first, then the next ones.

    5, 260  -->  05 04 | 00 01 | 00 00 | 00 00 | 00 00 | 00 00 | 00 00 | 00 00

Times and latencies have two or three low bytes without a pattern, which are stored as they are, and
high bytes that hardly change. As differences in MessagePack each number would take five bytes, and a
compressor would look at each of them.
"""

import struct
from collections.abc import Sequence

_BYTES = 8  # of a number, with a sign


def pack(numbers: Sequence[int]) -> list[bytes]:
    """The planes of these numbers; struct.error if one has more than 64 bits."""
    data = struct.pack(f"<{len(numbers)}q", *numbers)
    return [data[place::_BYTES] for place in range(_BYTES)]


def unpack(planes: bytes) -> list[int]:
    """The numbers of planes that stand behind one another; ValueError if they differ in length."""
    count, rest = divmod(len(planes), _BYTES)
    if rest:
        raise ValueError(f"{len(planes)} bytes are no {_BYTES} planes")
    data = bytearray(len(planes))
    for place in range(_BYTES):
        data[place::_BYTES] = planes[place * count : (place + 1) * count]
    return list(struct.unpack(f"<{count}q", data))
