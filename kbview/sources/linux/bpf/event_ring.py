"""BPF_MAP_TYPE_RINGBUF: records of programs in the order in which they were written, all cores' in one.

    page 0: consumer position, ours | page 1: producer position | data, mapped twice in a row

A record is a word with its length and two flags, a word, then the bytes, on multiples of eight. A full
ring refuses further records; the program counts them. Linux: Documentation/bpf/ringbuf.rst
"""

import os
import struct
from collections.abc import Iterator
from mmap import MAP_SHARED, PROT_READ, PROT_WRITE, mmap

from kbview.sources.linux.bpf.maps import create

_RINGBUF = 27
_BUSY, _DISCARDED = 1 << 31, 1 << 30
_HEADER = 8
_MOST = 8192  # records of one reading


class EventRing:
    """`size` bytes, a power of two of pages. Errors: OSError."""

    def __init__(self, size: int) -> None:
        self._size = size
        page = os.sysconf("SC_PAGE_SIZE")
        self.descriptor = create(_RINGBUF, 0, 0, size)
        try:
            self._consumer = mmap(self.descriptor, page, MAP_SHARED, PROT_READ | PROT_WRITE)
            length = page + 2 * size
            self._producer = mmap(self.descriptor, length, MAP_SHARED, PROT_READ, offset=page)
        except OSError:
            os.close(self.descriptor)
            raise
        self._data = page
        self._at = 0

    def read(self) -> Iterator[bytes]:
        """The records that are complete, oldest first; each is given back as it is taken."""
        (end,) = struct.unpack_from("=Q", self._producer, 0)
        for _ in range(_MOST):
            if self._at >= end:
                return
            start = self._data + self._at % self._size
            (head,) = struct.unpack_from("=I", self._producer, start)
            if head & _BUSY:
                return
            length = head & ~(_BUSY | _DISCARDED)
            if not head & _DISCARDED:
                yield self._producer[start + _HEADER : start + _HEADER + length]
            self._at += (_HEADER + length + 7) & ~7
            struct.pack_into("=Q", self._consumer, 0, self._at)

    def close(self) -> None:
        """Let go of it."""
        self._consumer.close()
        self._producer.close()
        os.close(self.descriptor)
