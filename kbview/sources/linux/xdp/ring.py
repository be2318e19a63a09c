"""One of the four rings that an AF_XDP socket shares with the kernel: one produces, one consumes.

               producer moved by    consumer moved by    an entry is
    fill       us                   the kernel           a free chunk: "receive into this"
    rx         the kernel           us                   a frame: chunk, length
    tx         us                   the kernel           a frame: chunk, length
    completion the kernel           us                   a sent chunk: "yours again"

            consumer          producer             both only ever grow, modulo 2**32;
               v                 v                 an index is its number modulo the size;
    [ . . . . #  #  #  #  #  #  . . . . . ]        producer - consumer entries wait (#)

Linux: net/xdp/xsk_queue.h, also for the place of each barrier.
"""

import struct
import threading
from mmap import MAP_POPULATE, MAP_SHARED, PROT_READ, PROT_WRITE, mmap

import msgspec

from kbview.tape.vocabulary import RingKind

ADDRESS, DESCRIPTOR = "Q", "QQ"  # fill and completion; rx and tx: length and options in one word
_NEED_WAKEUP = 1
_MODULUS = 1 << 32
_fence = threading.Lock()


class Offsets(msgspec.Struct, frozen=True):
    """Where in the mapping its parts are: struct xdp_ring_offset."""

    producer: int
    consumer: int
    descriptors: int
    flags: int


def _barrier() -> None:
    """Order earlier reads and writes before later ones. x86 keeps this order itself, others do not."""
    with _fence:
        pass


class XskRing:
    """The mapping of one ring. `entry` is ADDRESS or DESCRIPTOR; `kind` the name on the screen."""

    def __init__(
        self, kind: RingKind, xsk: int, page_offset: int, offsets: Offsets, size: int, entry: str
    ) -> None:
        self.kind = kind
        self.size = size
        self._words = len(entry)
        self._at = offsets.descriptors
        length = offsets.descriptors + size * 8 * self._words
        self._map = mmap(
            xsk, length, MAP_SHARED | MAP_POPULATE, PROT_READ | PROT_WRITE, offset=page_offset
        )
        self._indices = memoryview(self._map)[: length // 4 * 4].cast("I")
        self._producer, self._consumer = offsets.producer // 4, offsets.consumer // 4
        self._flags = offsets.flags // 4
        self.produced = self._indices[self._producer]  # our own copies: no other cache line is needed
        self.consumed = self._indices[self._consumer]

    @property
    def waiting(self) -> int:
        """Entries that were produced and not consumed yet, as both sides say now."""
        return (self._indices[self._producer] - self._indices[self._consumer]) % _MODULUS

    @property
    def needs_wakeup(self) -> bool:
        """Whether the kernel sleeps and wants a system call to look at this ring (need_wakeup)."""
        return bool(self._indices[self._flags] & _NEED_WAKEUP)

    def take(self, most: int) -> tuple[int, ...]:
        """As consumer: the words of up to `most` entries, which stay in the ring until `release`."""
        count = min((self._indices[self._producer] - self.consumed) % _MODULUS, most)
        if not count:
            return ()
        _barrier()  # the entries are read after the index that covers them
        return self._read(self.consumed % self.size, count)

    def _read(self, first: int, count: int) -> tuple[int, ...]:
        before_wrap = min(count, self.size - first)
        words = struct.unpack_from(
            f"={before_wrap * self._words}Q", self._map, self._at + first * 8 * self._words
        )
        return words if before_wrap == count else words + self._read(0, count - before_wrap)

    def release(self, count: int) -> None:
        """As consumer: hand `count` entries back."""
        self.consumed = (self.consumed + count) % _MODULUS
        _barrier()  # they have been read
        self._indices[self._consumer] = self.consumed

    def free(self) -> int:
        """As producer: how many entries may be put in."""
        return self.size - (self.produced - self._indices[self._consumer]) % _MODULUS

    def put(self, words: tuple[int, ...]) -> None:
        """As producer: put entries in, of which there must be no more than are `free`."""
        count = len(words) // self._words
        self._write(self.produced % self.size, count, words)
        self.produced = (self.produced + count) % _MODULUS
        _barrier()  # they are written before the index says so
        self._indices[self._producer] = self.produced

    def _write(self, first: int, count: int, words: tuple[int, ...]) -> None:
        before_wrap = min(count, self.size - first)
        cut = before_wrap * self._words
        struct.pack_into(f"={cut}Q", self._map, self._at + first * 8 * self._words, *words[:cut])
        if before_wrap < count:
            self._write(0, count - before_wrap, words[cut:])

    def close(self) -> None:
        """Unmap."""
        self._indices.release()
        self._map.close()
