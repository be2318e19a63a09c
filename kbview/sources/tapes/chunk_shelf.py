"""The spill: where the old chunks of a running tape go, so that one can step back to them.

Two scratch files take turns; when the younger is half of what is allowed, the older is let go.
"""

from array import array
from bisect import bisect_right
from typing import BinaryIO

from kbview.sources.tapes.temp_file import read_at, scratch_file, write_at
from kbview.tape.shelf import Shelf

MOST_BYTES = 1 << 30


class _Half:
    """Chunks from `first` on, one behind the other."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.ends = array("q", [0])
        self._file: BinaryIO = scratch_file()

    @property
    def size(self) -> int:
        return self.ends[-1]

    def put(self, data: bytes) -> None:
        write_at(self._file, self.size, data)
        self.ends.append(self.size + len(data))

    def get(self, number: int) -> bytes:
        start, end = self.ends[number - self.first : number - self.first + 2]
        return read_at(self._file, start, end - start)

    def close(self) -> None:
        self._file.close()


class ChunkShelf(Shelf):
    """A shelf on disk of at most `most_bytes`, given back when nobody has the shelf any more."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._halves: list[_Half] = []

    def put(self, number: int, data: bytes) -> int:
        try:
            if not self._halves or self._halves[-1].size + len(data) > self._most_bytes // 2:
                self._halves.append(_Half(number))
            self._halves[-1].put(data)
        except OSError:  # no room: the tape is as long as it was without a spill
            self.close()
            return number + 1
        if len(self._halves) > 2:
            self._halves.pop(0).close()
        return self._halves[0].first

    def get(self, number: int) -> bytes:
        place = bisect_right(self._halves, number, key=lambda half: half.first) - 1
        try:
            return self._halves[place].get(number)
        except OSError:
            return b""

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Give the room back."""
        while self._halves:
            self._halves.pop().close()
