"""MessagePack: messages by msgspec, and the heads of arrays, maps and bytes that are written in parts.

Specification: github.com/msgpack/msgpack/blob/master/spec.md, formats array, map and bin.
"""

import msgspec

_FIX = 16  # entries; fewer stand in the first byte
_SHORT = 1 << 16  # entries; fewer stand in two bytes

encode = msgspec.msgpack.Encoder().encode


def array_of(count: int) -> bytes:
    """The head of an array of `count` items, which follow it."""
    return _head(count, 0x90, b"\xdc", b"\xdd")


def map_of(count: int) -> bytes:
    """The head of a map of `count` entries, each a key and a value, which follow it."""
    return _head(count, 0x80, b"\xde", b"\xdf")


def bytes_of(count: int) -> bytes:
    """The head of `count` bytes, which follow it."""
    return b"\xc6" + count.to_bytes(4, "big")


def _head(count: int, fix: int, short: bytes, long: bytes) -> bytes:
    if count < _FIX:
        return bytes([fix | count])
    if count < _SHORT:
        return short + count.to_bytes(2, "big")
    return long + count.to_bytes(4, "big")
