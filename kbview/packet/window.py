"""The part of a capture that is in memory: it moves over a file or a pipe, gzipped or not.

    | let go by `more` | a record cut before | the last read, from a page's begin on | slack |
                       begin                                                             end

Read, not mapped (docs/decisions/0004): the bytes stay in the CPU's cache, a pipe is served as well,
and a file that is cut meanwhile raises no SIGBUS. Each read fills the same buffer from the begin of a
page. A target 1 to 31 bytes behind a page's begin, as malloc may return it, makes the kernel's copy
take three times as long on AMD's Zen (measured: 95 MB in 53 against 18 ms).
"""

import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from mmap import PAGESIZE, mmap
from typing import BinaryIO

SLACK = bytes(64)  # readable past `end`, so that one unpack may look past a short last record
CHUNK = 1 << 17  # 3 to 4 % fewer ns a packet than 64 KiB, 1 % more than 256 KiB
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WRAPPER = 31  # zlib's wbits for gzip

_Fill = Callable[[memoryview], int | None]  # reads what is there into a buffer; 0 at the end


class Window:
    """`data[begin:end]` can be read. `damage` says why no more came, if not because that was all."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._fill = _without_waiting(stream)
        self._allocate(CHUNK)
        self.begin = self.end = self._room
        self.damage = ""
        self.gzipped = self.require(2) and self.data[self.begin : self.begin + 2] == _GZIP_MAGIC
        if self.gzipped:
            packed = chain((self.data[self.begin : self.end],), _chunks(self._fill))
            self._fill = _filler(_unpacked(packed))
            self.begin = self.end = self._room

    def more(self, used: int) -> bool:
        """Drop the bytes before `used` and read more behind the last; False at the end."""
        left = self.end - used
        if left > self._room:
            self._grow(used)
            used = self.begin
        self.begin = self._room - left
        self.data.move(self.begin, used, left)
        try:
            length = self._fill(self._target) or 0
        except (zlib.error, EOFError) as error:
            self.damage = f"gzip data damaged: {error}"
            length = 0
        self.end = self._room + length
        self.data[self.end : self.end + len(SLACK)] = SLACK
        return length > 0

    def require(self, length: int) -> bool:
        """Read until `length` bytes are there; False when the capture ends before."""
        while self.end - self.begin < length:
            if not self.more(self.begin):
                return False
        return True

    def close(self) -> None:
        """Close the file or pipe."""
        self._stream.close()

    def _allocate(self, room: int) -> None:
        """A buffer with whole pages of room for the begin of a record before the bytes read."""
        self._room = room
        self.data = mmap(-1, room + CHUNK + PAGESIZE)
        self._target = memoryview(self.data)[room : room + CHUNK]

    def _grow(self, used: int) -> None:
        """A larger buffer, with the bytes from `used` on."""
        rest = self.data[used : self.end]
        self._allocate(-(-2 * len(rest) // PAGESIZE) * PAGESIZE)
        self.begin, self.end = self._room - len(rest), self._room
        self.data[self.begin : self.end] = rest


def _without_waiting(stream: BinaryIO) -> _Fill:
    """The way to read available bytes without waiting for a full buffer: a pipe may be live."""
    fill: _Fill = getattr(stream, "readinto1", None) or stream.readinto  # type: ignore[attr-defined]
    return fill


def _chunks(fill: _Fill) -> Iterator[bytes]:
    buffer = memoryview(bytearray(CHUNK))
    while length := fill(buffer):
        yield bytes(buffer[:length])


def _filler(chunks: Iterator[bytes]) -> _Fill:
    def fill(target: memoryview) -> int:
        chunk = next(chunks, b"")
        target[: len(chunk)] = chunk
        return len(chunk)

    return fill


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack all members of a gzip stream, at most a chunk at a time; padding may follow them."""
    packed = next(chunks)
    while packed.startswith(_GZIP_MAGIC):
        member = zlib.decompressobj(_GZIP_WRAPPER)
        while not member.eof:
            if not packed and not (packed := next(chunks, b"")):
                raise EOFError("it ends too early")
            data = member.decompress(packed, CHUNK)
            packed = member.unconsumed_tail
            if data:
                yield data
        packed = member.unused_data
        if len(packed) < len(_GZIP_MAGIC):
            packed += next(chunks, b"")
