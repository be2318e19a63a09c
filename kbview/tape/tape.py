"""The tape in memory: records in time order, appended by a source, read by a player.

Bounded: when it holds more than `capacity` records the oldest are let go, whole chunks at a time.
Positions are absolute, so a reader's position stays valid while old records go.

A state may be built from any key frame: fold what `opening` says, then what `read` gives.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from operator import attrgetter

from kbview.tape.detail import Detail
from kbview.tape.events import DatapathStarted, Event
from kbview.tape.meter import Sample

_CHUNK = 4096
_TIME = attrgetter("time_ps")


class Tape:
    """An append-only sequence of events and samples."""

    def __init__(self, capacity: int = 1_000_000) -> None:
        self._capacity = capacity
        self._chunks: list[list[Event]] = [[]]
        self._first = 0  # absolute position of the first record still held
        self._key_frames: list[tuple[int, int]] = []  # time and position
        self._started: list[tuple[int, DatapathStarted]] = []  # position and marker
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
            if isinstance(record, (Sample, DatapathStarted)):
                self._note(record)
            self.length += 1
        while self.length - self._first > self._capacity and len(self._chunks) > 1:
            self._first += len(self._chunks.pop(0))
            self._forget()

    def read(self, position: int) -> Iterator[Event]:
        """Records from `position` on; those already let go are skipped."""
        number, offset = divmod(max(position, self._first) - self._first, _CHUNK)
        for chunk in self._chunks[number:]:
            yield from chunk[offset:]
            offset = 0

    def position_at(self, time_ps: int) -> int:
        """The position after the last record at or before a time."""
        number = bisect_right(self._chunks, time_ps, key=lambda chunk: chunk[0].time_ps if chunk else 0)
        if not number:
            return self._first
        within = bisect_right(self._chunks[number - 1], time_ps, key=_TIME)
        return self._first + (number - 1) * _CHUNK + within

    def key_frame_before(self, time_ps: int) -> int:
        """The position of the last key frame at or before a time; `start` when there is none.

        A key frame is a Sample that may be believed without knowing what came before it.
        """
        number = bisect_right(self._key_frames, time_ps, key=lambda key: key[0])
        return self._key_frames[number - 1][1] if number else self._first

    def opening(self, position: int) -> list[Event]:
        """What a state that begins at `position` has to fold first: the datapath in force."""
        number = bisect_right(self._started, position - 1, key=lambda key: key[0])
        return [self._started[number - 1][1]] if number else []

    def _note(self, record: Sample | DatapathStarted) -> None:
        if isinstance(record, DatapathStarted):
            self._started.append((self.length, record))
        elif record.exact or record.detail < Detail.STEPS:
            self._key_frames.append((record.time_ps, self.length))

    def _forget(self) -> None:
        """Let go of what is known about records that went, except the last marker."""
        gone = bisect_right(self._key_frames, self._first - 1, key=lambda key: key[1])
        del self._key_frames[:gone]
        gone = bisect_right(self._started, self._first - 1, key=lambda key: key[0])
        del self._started[: max(gone - 1, 0)]
