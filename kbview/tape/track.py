"""A track: the samples of one chunk of a tape, without the events between them."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from kbview.tape.meter import Sample

Stored = TypeVar("Stored")


class Track(Generic[Stored]):
    """Where on the tape samples stand, and their times. Each is restored only when it is asked for."""

    def __init__(
        self,
        positions: Sequence[int],
        times: Sequence[int],
        stored: Sequence[Stored],
        restore: Callable[[Stored], Sample],
    ) -> None:
        self.positions = positions
        self.times = times
        self._stored = stored
        self._restore = restore

    def samples(self) -> list[Sample]:
        """All of them."""
        return list(map(self._restore, self._stored))

    def sample(self, number: int) -> Sample:
        """One of them."""
        return self._restore(self._stored[number])
