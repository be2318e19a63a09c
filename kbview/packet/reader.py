"""The contract of a capture format: what a reader of one offers, whatever it reads from."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

from kbview.packet.decoder import FrameDecoder
from kbview.packet.frame import Frame
from kbview.packet.record import BATCH, CaptureRecord
from kbview.packet.window import Window

_Taken = TypeVar("_Taken", CaptureRecord, Frame)


class Reader(ABC):
    """Reads one format from a window, once, by `batches` or by `frames`."""

    format: str

    def __init__(self, window: Window) -> None:
        self.count = 0  # packets read
        self.skipped: Counter[int] = Counter()  # packets left out, by the link type that cannot be read
        self.damage = ""  # why reading stopped before the end
        self._window = window
        self._used = window.begin  # up to where the window is read

    @property
    @abstractmethod
    def link_types(self) -> tuple[int, ...]:
        """The link types seen so far."""

    def batches(self) -> Iterator[list[CaptureRecord]]:
        """Records, at most `BATCH` at a time; from a pipe what is there, without waiting."""
        return self._until_end(self._batch)

    def frames(self, decoder: FrameDecoder) -> Iterator[list[Frame]]:
        """The same, decoded."""
        for batch in self.batches():
            yield decoder.frames(batch, self.count - len(batch))

    @abstractmethod
    def _batch(self) -> list[CaptureRecord]:
        """Whole records from the window; fewer than `BATCH` are all that it has."""

    def _until_end(self, take: Callable[[], list[_Taken]]) -> Iterator[list[_Taken]]:
        while not self.damage:
            taken = take()
            self.count += len(taken)
            if taken:
                yield taken
            if len(taken) < BATCH and not self._advance():
                return

    def _advance(self) -> bool:
        """Move the window on; False at the end, even if that is inside a record."""
        if self.damage:
            return False
        more = self._window.more(self._used)
        self._used = self._window.begin
        if self._window.damage:
            self.damage = f"{self._window.damage} in packet {self.count}"
        elif not more and self._window.end > self._used:
            self.damage = f"cut in packet {self.count}"
        return more
