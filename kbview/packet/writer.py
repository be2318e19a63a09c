"""Writes a capture in the classic format, little-endian, with nanoseconds."""

import struct
from typing import BinaryIO

from kbview.packet.link import LINKTYPE_ETHERNET
from kbview.packet.record import MAXIMUM_SNAPLEN, PS_PER_SECOND

_MAGIC = 0xA1B23C4D
_PS_PER_TICK = 1000
_FILE = struct.Struct("<IHHiIII")
_RECORD = struct.Struct("<IIII")


class PcapWriter:
    """Appends packets to a stream, which stays its caller's."""

    def __init__(self, stream: BinaryIO, link_type: int = LINKTYPE_ETHERNET) -> None:
        self._stream = stream
        stream.write(_FILE.pack(_MAGIC, 2, 4, 0, 0, MAXIMUM_SNAPLEN, link_type))

    def write(self, time_ps: int, data: bytes, original_length: int | None = None) -> None:
        """Write a packet captured at `time_ps` since 1970, cut if it was longer than `data`."""
        seconds, rest_ps = divmod(time_ps, PS_PER_SECOND)
        original = len(data) if original_length is None else original_length
        header = _RECORD.pack(seconds, rest_ps // _PS_PER_TICK, len(data), original)
        self._stream.write(header + data)
