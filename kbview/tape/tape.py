"""The tape in memory: records in time order, appended by a source, read by a player.

Bounded: when it holds more than `capacity` records the oldest are let go, whole chunks at a time.
Positions are absolute, so a reader's position stays valid while old records go.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from kbview.tape.events import Event

_CHUNK = 4096


class Tape:
    """An append-only sequence of events and samples."""

    def __init__(self, capacity: int = 1_000_000) -> None:
        self._capacity = capacity
        self._chunks: deque[list[Event]] = deque([[]])
        self._first = 0  # absolute position of the first record still held
        self.length = 0  # absolute position after the last one
        self.end_ps = 0

    @property
    def start(self) -> int:
        """The oldest position that can still be read."""
        return self._first

    def extend(self, records: Iterable[Event]) -> None:
        """Append records that are already in time order and not older than the last one."""
        for record in records:
            if record.time_ps < self.end_ps:
                raise ValueError(
                    f"{type(record).__name__} at {record.time_ps} ps is older than the tape's end, "
                    f"{self.end_ps} ps"
                )
            self.end_ps = record.time_ps
            if len(self._chunks[-1]) == _CHUNK:
                self._chunks.append([])
            self._chunks[-1].append(record)
            self.length += 1
        while self.length - self._first > self._capacity and len(self._chunks) > 1:
            self._first += len(self._chunks.popleft())

    def read(self, position: int) -> Iterator[Event]:
        """Records from `position` on; those already let go are skipped."""
        offset = max(position, self._first) - self._first
        for chunk in list(self._chunks):
            if offset >= len(chunk):
                offset -= len(chunk)
                continue
            yield from chunk[offset:]
            offset = 0
