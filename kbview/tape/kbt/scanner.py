"""Finds the blocks of a tape file one behind another, over damage and up to where it is cut."""

from collections.abc import Callable
from typing import NamedTuple

from kbview.tape.kbt.block import HEAD_LENGTH, MARK, Head, head

ReadAt = Callable[[int, int], bytes]  # offset and length; fewer bytes at the end
_STRIDE = 1 << 16


class FoundBlock(NamedTuple):
    """A block with its place."""

    offset: int
    head: Head


class Scanner:
    """Walks from head to head and reads nothing else while all is well."""

    def __init__(self, read_at: ReadAt) -> None:
        self._read_at = read_at
        self.offset = 0  # of the next block
        self._from = 0  # where the search for it began

    def next(self, size: int) -> FoundBlock | None:
        """The next block that is whole in the first `size` bytes; None if there is none yet."""
        while self.offset + HEAD_LENGTH <= size:
            found = head(self._read_at(self.offset, HEAD_LENGTH))
            if found is None:
                self.offset = self._search(self.offset + 1, size)
                continue
            offset = self.offset
            if offset + found.length > size:
                return None
            self.offset = self._from = offset + found.length
            return FoundBlock(offset, found)
        return None

    def left(self, size: int) -> int:
        """Bytes that no block was found in, up to the end."""
        return size - self._from

    def _search(self, offset: int, size: int) -> int:
        """Where the next mark is, or as far as none can begin."""
        while offset + len(MARK) <= size:
            data = self._read_at(offset, _STRIDE)
            place = data.find(MARK)
            if place >= 0:
                return offset + place
            if len(data) < len(MARK):
                break
            offset += len(data) - len(MARK) + 1
        return offset
