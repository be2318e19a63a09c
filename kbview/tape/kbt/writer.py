"""Writes a tape file, block by block, to whatever takes bytes."""

from collections.abc import Callable, Iterable

from kbview.tape.event_batch import EventBatch
from kbview.tape.events import Event
from kbview.tape.kbt import footer, header, payload
from kbview.tape.kbt.draft import Draft, Drafter


class TapeWriter:
    """Appends records. What was given to `write` is a readable tape at any time.

    Errors: those of `write`; a block that it took only in part is what a reader finds cut.
    """

    def __init__(self, write: Callable[[bytes], object], head: header.Header) -> None:
        self._write = write
        self._drafter = Drafter()
        self._rows: list[footer.Row] = []
        self.written = 0  # bytes
        self._put(header.encode(head))

    @property
    def length(self) -> int:
        """Records so far."""
        return self._drafter.open.after

    @property
    def end_ps(self) -> int:
        """The time of the last record."""
        return self._drafter.end_ps

    def extend(self, records: Iterable[Event]) -> None:
        """Append records in time order, none older than the last record."""
        for draft in self._drafter.add(records):
            self._put_chunk(draft)

    def extend_batch(self, batch: EventBatch) -> None:
        """Append the events of a batch, which are not older than the last record."""
        for draft in self._drafter.add_batch(batch):
            self._put_chunk(draft)

    def flush(self) -> None:
        """Write all there is, as a chunk of its own: whoever watches the tape grow can see it."""
        if self._drafter.open.length:
            self._put_chunk(self._drafter.close())

    def close(self) -> None:
        """Write the rest and the index. The stream stays its caller's."""
        self.flush()
        self._put(footer.encode(self._rows, self.written, self.length))

    def _put_chunk(self, draft: Draft) -> None:
        block = payload.encode_draft(draft)
        self._rows.append((self.written, payload.front_length(block), len(block), draft.extent))
        self._put(block)

    def _put(self, data: bytes) -> None:
        self._write(data)
        self.written += len(data)
