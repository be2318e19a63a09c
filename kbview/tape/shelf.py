"""The Shelf contract: where a tape in memory puts its old chunks."""

from abc import ABC, abstractmethod


class Shelf(ABC):
    """Keeps encoded chunks outside of memory. Owned by the edge, which does the I/O.

    Chunks are put in the order of their numbers; the oldest may be let go to bound the whole.
    """

    @abstractmethod
    def put(self, number: int, data: bytes) -> int:
        """Keep chunk `number` and return the oldest number still there, `number` + 1 if it is not."""

    @abstractmethod
    def get(self, number: int) -> bytes:
        """The chunk as it was put; b"" if it cannot be had."""
