"""From a source to a tape file: the loop behind `kbview record`."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from math import inf

import msgspec

from kbview import __version__
from kbview.sources.tapes.output import TapeOutput
from kbview.tape.detail import Detail
from kbview.tape.event_batch import EventBatch
from kbview.tape.events import Event, SourceEnded
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.meter import Sample
from kbview.tape.source import Source, SourceError
from kbview.tape.tape import Tape
from kbview.ui.loading import keep

_BUDGET_S = 0.1  # how long a signal waits to be looked at
_FLUSH_S = 1.0  # how long somebody who watches the tape grow waits for news
_REST_S = 0.02  # for a source that had nothing
_PIECE = 4096  # records copied from another tape at a time
_QUIET = 50  # samples in a row behind which nothing happened are thinned to one in so many
_NEVER_PS = 1 << 62
_LOOKED_AT = frozenset({Sample, SourceEnded})  # a batch without them goes to the writer as it is


class WrittenTape(Tape):
    """Takes records from a source and passes them on to a writer at once.

    While nothing happens, samples that differ in idle time alone are held back; the last of them
    goes out before the next event.
    """

    def __init__(self, writer: TapeWriter, every_ps: int) -> None:
        super().__init__()
        self._writer = writer
        self._longest_ps = _QUIET * every_ps
        self._quiet_ps: int | None = None  # since when there were only samples
        self._held: Sample | None = None
        self.ended = False

    def extend(self, records: Iterable[Event]) -> None:
        batch = list(records)
        if not batch or not _LOOKED_AT.isdisjoint(map(type, batch)):
            self._writer.extend(self._thinned(batch))
            return
        self.release()
        self._quiet_ps = None
        self.ended = False
        self._writer.extend(batch)

    def extend_batch(self, batch: EventBatch) -> None:
        if batch.length:
            self.release()
            self._quiet_ps = None
            self.ended = False
            self._writer.extend_batch(batch)

    def release(self) -> None:
        """Write the sample that is held back."""
        if self._held is not None:
            self._writer.extend([self._held])
            self._held = None

    def _thinned(self, records: Iterable[Event]) -> Iterator[Event]:
        for record in records:
            if isinstance(record, Sample) and self._is_quiet(record):
                self._held = record
                continue
            if self._held is not None and not isinstance(record, Sample):
                yield self._held
            self._held = None
            self._quiet_ps = record.time_ps if isinstance(record, Sample) else None
            self.ended = isinstance(record, SourceEnded)
            yield record

    def _is_quiet(self, sample: Sample) -> bool:
        return self._quiet_ps is not None and sample.time_ps < self._quiet_ps + self._longest_ps


class Strides:
    """Trace time from a sample to the next: `every_ps`, and more in a silence with a known end.

    The strides of a silence are multiples of `every_ps`, each twice as long as the stride before. A
    silence of a day takes some 15 samples more than a silence of a second. The last stride ends before
    the next event.
    """

    def __init__(self, source: Source, every_ps: int) -> None:
        self._source = source
        self._every_ps = every_ps
        self._shortest_ps = _QUIET * every_ps
        self._longest_ps = self._shortest_ps

    def next_ps(self, reached_ps: int) -> int:
        """The next stride from `reached_ps` on, in ps."""
        due_ps = self._source.next_ps()
        quiet = 0 if due_ps is None else (due_ps - reached_ps) // self._every_ps
        if quiet <= 1:
            self._longest_ps = self._shortest_ps
            return self._every_ps
        stride_ps = min(quiet * self._every_ps, self._longest_ps)
        self._longest_ps *= 2
        return stride_ps


class RecordingRun:
    """A source written to a tape in a single pass.

    A Sample stands on the tape every `every_ps` of trace time, and less often in a silence.
    """

    def __init__(
        self, source: Source, output: TapeOutput, detail: Detail, every_ps: int, snap: int = 0
    ) -> None:
        self._source = source
        self._detail = detail
        self._every_ps = every_ps
        header = Header(source.heading, source.capabilities, detail, snap, __version__)
        self._writer = TapeWriter(output.write, header)
        self._flushed_s = time.monotonic()

    def run(self, until_ps: int | None, stopped: Callable[[], bool]) -> None:
        """Record up to a time, the end of the source, or until `stopped`; then write the index.

        Errors: SourceError, and the errors of the output. Records written before an error are a tape.
        """
        keep()
        until_ps = _NEVER_PS if until_ps is None else until_ps
        record = self._pump if self._source.tape is None else self._copy
        try:
            record(until_ps, stopped)
        except SourceError:
            with suppress(SourceError, BrokenPipeError):  # the first error is the one to be told
                self._writer.close()
            raise
        self._writer.close()

    def summary(self) -> str:
        """The number of records and bytes written, as a few words."""
        return f"{self._writer.length:,} records in {self._writer.written:,} bytes"

    def _pump(self, until_ps: int, stopped: Callable[[], bool]) -> None:
        source, tape = self._source, WrittenTape(self._writer, self._every_ps)
        source.set_detail(self._detail)
        live = source.capabilities.live
        reached_ps = 0
        strides = Strides(source, self._every_ps)
        while not source.ended and not stopped() and reached_ps < until_ps:
            before = self._writer.length
            target_ps = until_ps if live else min(reached_ps + strides.next_ps(reached_ps), until_ps)
            # what the clock on the wall says must not show on the tape of a model
            reached_ps = source.pump(tape, target_ps, budget_s=_BUDGET_S if live else inf)
            if live:
                self._flush()
            if live and self._writer.length == before:
                time.sleep(_REST_S)
        tape.release()
        if not tape.ended:
            self._end()

    def _copy(self, until_ps: int, stopped: Callable[[], bool]) -> None:
        source, tape = self._source, self._source.tape
        assert tape is not None
        position, last = tape.start, None
        while not stopped():
            source.pump(tape, until_ps, budget_s=_BUDGET_S)
            piece = list(islice(tape.read(position), _PIECE))
            kept = [record for record in piece if record.time_ps <= until_ps]
            self._writer.extend(self._coarser(kept))
            position += len(kept)
            last = kept[-1] if kept else last
            self._flush()
            if len(kept) < len(piece) or (not piece and source.ended):
                break
            if not piece:
                time.sleep(_REST_S)
        if not isinstance(last, SourceEnded):
            self._end()

    def _coarser(self, records: Iterable[Event]) -> Iterator[Event]:
        """The records as they would have been told at no more than the detail asked for."""
        for record in records:
            if isinstance(record, Sample):
                yield msgspec.structs.replace(record, detail=min(record.detail, self._detail))
            elif record.level <= self._detail:
                yield record

    def _flush(self) -> None:
        now_s = time.monotonic()
        if now_s - self._flushed_s >= _FLUSH_S:
            self._flushed_s = now_s
            self._writer.flush()

    def _end(self) -> None:
        self._writer.extend([SourceEnded(self._writer.end_ps, "recorded up to here")])
