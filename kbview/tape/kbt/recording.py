"""A recording: the tape that is in a file, found block by block and loaded chunk by chunk."""

from collections.abc import Iterable
from typing import NamedTuple

from kbview.tape.chunk import Chunk, Starts
from kbview.tape.events import Event, SourceEnded
from kbview.tape.index import Extent
from kbview.tape.kbt import footer, header, payload
from kbview.tape.kbt.block import HEAD_LENGTH, BlockKind, TapeDamagedError, head
from kbview.tape.kbt.scanner import ReadAt, Scanner
from kbview.tape.loss import GAP, gap, without_key
from kbview.tape.store import Store
from kbview.tape.tape import Tape
from kbview.tape.track import Track


class _Place(NamedTuple):
    """Where a chunk is in the file; length 0 for a gap, with the number of records missing there."""

    offset: int
    length: int
    front: int = 0  # length up to the end of the front
    missing: int = 0


class Filed(Store):
    """The chunks of a file, found in their order."""

    def __init__(self, read_at: ReadAt) -> None:
        super().__init__()
        self._read_at = read_at
        self._places: list[_Place] = []
        self._expected = 0  # the position that the file's next chunk should begin at
        self.schema = 0
        self.open = without_key(0, [])

    def add(self, offset: int, front: int, length: int, extent: Extent) -> None:
        """Take in a chunk; one that cannot follow the last, being a copy or damaged, is left out."""
        follows = extent.first >= self._expected and extent.start_ps >= self.index.end_ps
        if not follows or not extent.records:
            return
        self.tell_gap(extent.first)
        self._expected = extent.first + extent.records
        self._places.append(_Place(offset, length, front))
        self.index.append(extent._replace(first=self.index.length))

    def tell_gap(self, first: int) -> None:
        """Put something in the place of the records before `first` that are missing."""
        if first > self._expected:
            time_ps = self.index.end_ps
            self._places.append(_Place(0, 0, missing=first - self._expected))
            self.index.append(Extent(self.index.length, GAP, time_ps, time_ps, sampled=True))

    def load(self, number: int) -> Chunk:
        place, extent = self._places[number], self.index.extent(number)
        if place.missing:
            return gap(extent.first, extent.start_ps, place.missing, self.key_after(number))
        chunk = payload.decode(self._read_at(place.offset, place.length), self.schema, extent.first)
        if chunk.extent != extent:
            raise TapeDamagedError("a chunk is not the one that the index tells of")
        return chunk

    def load_track(self, number: int) -> Track:
        place, first = self._places[number], self.index.extent(number).first
        if place.missing:
            return self.chunk(number).track()
        return payload.decode_track(self._read_at(place.offset, place.front), first)

    def load_starts(self, number: int) -> Starts:
        place, first = self._places[number], self.index.extent(number).first
        if place.missing:
            return self.chunk(number).starts()
        block = self._read_at(place.offset, place.length)
        return payload.decode_starts(block, self.schema, first)

    def damaged(self) -> int:
        """How many records cannot be had, found by looking at every checksum."""
        count = 0
        for number, place in enumerate(self._places):
            if place.missing:
                count += place.missing
            elif not payload.whole(self._read_at(place.offset, place.length)):
                count += self.index.extent(number).records
        return count


class Recording(Tape):
    """Reads through `read_at`; only the index and a few chunks stay in memory.

    `grow` takes in the blocks added to the file. `complete`: whether the writer ended in good order.
    Errors: TapeDamagedError when there is no whole header in the first `size` bytes.
    """

    def __init__(self, read_at: ReadAt, size: int) -> None:
        super().__init__()
        self._filed = Filed(read_at)
        self._read_from(self._filed)
        self._read_at = read_at
        self._scanner = Scanner(read_at)
        self.header = self._find_header(size)
        self._filed.schema = self.header.schema
        self.complete = self._take_index(size)
        self.grow(size)

    def extend(self, records: Iterable[Event]) -> None:
        raise TypeError(f"{records!r}: a recording is extended by whoever writes its file")

    def grow(self, size: int) -> None:
        """Take in the whole blocks in the first `size` bytes."""
        while not self.complete and (found := self._scanner.next(size)):
            if found.head.kind == BlockKind.INDEX:
                self._filed.tell_gap(found.head.first)
                self.complete = True
            elif found.head.kind == BlockKind.CHUNK:
                front = HEAD_LENGTH + found.head.front_length
                self._filed.add(found.offset, front, found.head.length, found.head.extent)

    def left(self, size: int) -> int:
        """Bytes at the end that are no whole block."""
        return 0 if self.complete else self._scanner.left(size)

    def end(self, note: str) -> None:
        """Nothing more will come: say why, as the tape itself does not."""
        self._filed.open = without_key(self._index.length, [SourceEnded(self.end_ps, note)])

    def damaged(self) -> int:
        """How many records cannot be had; every byte is read for it."""
        return self._filed.damaged()

    def _find_header(self, size: int) -> header.Header:
        """The first of the two that is whole."""
        problem = TapeDamagedError("it has no whole header")
        while (found := self._scanner.next(size)) and found.head.kind == BlockKind.HEADER:
            try:
                return header.decode(found.head, self._read_at(found.offset, found.head.length))
            except TapeDamagedError as error:
                problem = error
        raise problem

    def _take_index(self, size: int) -> bool:
        """Whether the file ends with a sound index; if so, that is all there is to know."""
        trailer = self._read_at(max(size - footer.TRAILER_LENGTH, 0), footer.TRAILER_LENGTH)
        offset = footer.offset_of_index(trailer)
        found = head(self._read_at(offset, HEAD_LENGTH)) if offset is not None else None
        if offset is None or found is None or found.kind != BlockKind.INDEX:
            return False
        try:
            rows = footer.decode(found, self._read_at(offset, found.length))
        except TapeDamagedError:
            return False
        for row in rows:
            self._filed.add(*row)
        return True
