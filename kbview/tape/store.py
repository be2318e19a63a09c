"""The store of a tape: its chunks, in memory or outside of it, and what is known of each."""

from abc import ABC, abstractmethod

from kbview.tape.chunk import MOST_RECORDS, Chunk, Starts, chunk_of
from kbview.tape.index import Index
from kbview.tape.kbt import payload, rows
from kbview.tape.kbt.block import TapeDamagedError
from kbview.tape.key_frame import Framer, KeyFrame
from kbview.tape.loss import lost
from kbview.tape.recent import Recent
from kbview.tape.shelf import Shelf
from kbview.tape.track import Track

_CHUNKS, _TRACKS = 4, 512  # restored ones that are kept; a history looks into some 400 tracks


class Store(ABC):
    """Whole chunks by number, and behind them the open one, which may be empty.

    What lies outside of memory is restored when it is asked for; where it is damaged, there is a chunk
    that tells of the loss.
    """

    def __init__(self) -> None:
        self.index = Index()
        self.open = chunk_of(0, Framer().snapshot(), [])
        self._memory: dict[int, Chunk] = {}  # the oldest first
        self._chunks = Recent(_CHUNKS, self._restore)
        self._tracks = Recent(_TRACKS, self._restore_track)
        self._starts = Recent(_TRACKS, self._restore_starts)

    def chunk(self, number: int) -> Chunk:
        """Any chunk."""
        if number >= self.index.count:
            return self.open
        return self._memory.get(number) or self._chunks.get(number)

    def track(self, number: int) -> Track:
        """Its samples alone."""
        if number >= self.index.count or number in self._memory:
            return self.chunk(number).track()
        return self._tracks.get(number)

    def key(self, number: int) -> KeyFrame:
        """Its key frame alone."""
        try:
            return self.track(number).key()
        except TapeDamagedError:
            return self.chunk(number).key

    def starts(self, number: int) -> Starts:
        """Its records at which a datapath begins, and no others."""
        if number >= self.index.count or number in self._memory:
            return self.chunk(number).starts()
        return self._starts.get(number)

    def first_of(self, number: int) -> int:
        """The position at which a chunk begins."""
        return self.index.extent(number).first if number < self.index.count else self.open.first

    def exact_by(self, number: int) -> int:
        """The last chunk up to a number that has a key frame; the oldest if none."""
        if number >= self.index.count and self.open.key.exact:
            return number
        return self.index.exact_by(number)

    @abstractmethod
    def load(self, number: int) -> Chunk:
        """A chunk from outside of memory; TapeDamagedError if it cannot be had."""

    @abstractmethod
    def load_track(self, number: int) -> Track:
        """Its samples; TapeDamagedError likewise."""

    @abstractmethod
    def load_starts(self, number: int) -> Starts:
        """Its records at which a datapath begins; TapeDamagedError likewise."""

    def key_after(self, number: int) -> KeyFrame | None:
        """The key frame of the chunk after one that is damaged, if that can be had."""
        after = number + 1
        try:
            in_memory = after in self._memory or after >= self.index.count
            key = (self.chunk(after) if in_memory else self.load(after)).key
        except TapeDamagedError:
            return None
        return key if key.exact else None

    def _restore(self, number: int) -> Chunk:
        try:
            return self.load(number)
        except TapeDamagedError:
            return lost(self.index.extent(number), self.key_after(number))

    def _restore_track(self, number: int) -> Track:
        try:
            return self.load_track(number)
        except TapeDamagedError:
            return self.chunk(number).track()

    def _restore_starts(self, number: int) -> Starts:
        try:
            return self.load_starts(number)
        except TapeDamagedError:
            return self.chunk(number).starts()


class Spilling(Store):
    """Keeps up to `capacity` records in memory; older chunks go to the shelf, or are let go.

    The number of chunks is bounded as well, for a chunk of few samples is as large as others.
    """

    def __init__(self, capacity: int, shelf: Shelf | None) -> None:
        super().__init__()
        self._capacity = capacity
        self._most_chunks = capacity // MOST_RECORDS + 1
        self._shelf = shelf

    def append(self, chunk: Chunk) -> None:
        """Take in the next whole chunk."""
        self._memory[self.index.count] = chunk
        self.index.append(chunk.extent)

    def bound(self, length: int) -> None:
        """Let go of what is too much, on a tape of `length` records."""
        while self._memory and (
            len(self._memory) > self._most_chunks
            or length - next(iter(self._memory.values())).first > self._capacity
        ):
            number, chunk = next(iter(self._memory.items()))
            oldest = number + 1 if self._shelf is None else self._shelf.put(number, rows.encode(chunk))
            del self._memory[number]
            self.index.drop(oldest)

    def load(self, number: int) -> Chunk:
        return rows.decode(self._block(number))

    def load_track(self, number: int) -> Track:
        return payload.decode_track(self._block(number), self.index.extent(number).first)

    def load_starts(self, number: int) -> Starts:
        return rows.decode_starts(self._block(number))

    def _block(self, number: int) -> bytes:
        if self._shelf is None:
            raise TapeDamagedError("the tape has no shelf")
        return self._shelf.get(number)
