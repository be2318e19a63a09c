"""A recorded kernel trace as a source; table and interpreter also serve the live kernel."""

import contextlib
import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from kbview.sources.opener import Word
from kbview.sources.trace.meaning import capabilities
from kbview.sources.trace.meaning.interpreter import Interpreter
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.sources.trace.meaning.record import TraceRecord
from kbview.sources.trace.meaning.stations import stations
from kbview.sources.trace.meaning.table import BY_NAME
from kbview.sources.trace.text import clock, decoding
from kbview.sources.trace.text.known import known
from kbview.sources.trace.text.reader import RECEIVING, TraceReader
from kbview.tape.detail import Detail
from kbview.tape.events import DatapathStarted, SourceEnded
from kbview.tape.meter import Sample
from kbview.tape.source import Capabilities, Heading, Origin, Source, SourceError
from kbview.tape.tape import Tape

_BATCH = 4096
_NEVER_PS = 1 << 62


class TextSource(Source):
    """Reads no further than the viewer has got. The packets of `device` are followed."""

    name = "trace text"
    summary = "a recorded kernel trace"

    def __init__(
        self, heading: Heading, reader: TraceReader, device: str, files: contextlib.ExitStack
    ) -> None:
        self.heading = heading
        self._reader = reader
        self._files = files
        self._records: Iterator[TraceRecord] = iter(reader)
        self._next = next(self._records, None)
        self._origin_ns = self._next.time_ns if self._next else 0
        target = WatchedInterface(device, name_of=lambda pid: reader.names.get(pid, ""))
        self._interpreter = Interpreter(target, lambda time_ns: (time_ns - self._origin_ns) * 1000)
        self._physical = reader.has_interrupts(device)
        self._stations = stations(physical=self._physical)
        self.capabilities = self._capabilities()
        self._detail = Detail.STEPS
        self._reached_ps = -1
        self._told_end = False

    def _capabilities(self) -> Capabilities:
        """The meters that the tracepoints tell which have occurred so far.

        Where polls are recorded and the interface has none of its own, it is software: it raises no
        interrupt and has no ring that could miss a frame.
        """
        self._heard = len(self._reader.heard)
        self._interpreter.expect(BY_NAME[name] for name in self._reader.heard)
        software = "napi_poll" in self._reader.heard and not self._physical
        meters = known(self._reader.heard) | ({"interrupts", "missed"} if software else set())
        return Capabilities(lossy=True, meters=meters)

    def can_run(self) -> str | None:
        return None

    @property
    def ended(self) -> bool:
        return self._told_end

    def next_ps(self) -> int | None:
        return None if self._next is None else self._interpreter.time_ps(self._next.time_ns)

    def pump(self, tape: Tape, until_ps: int, *, budget_s: float = float("inf")) -> int:
        deadline = time.monotonic() + budget_s
        if self._reached_ps < 0:
            self._reached_ps = 0
            started = DatapathStarted(0, "kernel", capabilities.RECORDED, self._stations)
            tape.extend([started, self._sample()])
        while not self._told_end and self._reached_ps < until_ps:
            self._advance(tape, until_ps)
            if time.monotonic() >= deadline:
                break
        return self._reached_ps

    def _advance(self, tape: Tape, until_ps: int) -> None:
        """Hear a batch of records, and tell as far as they go."""
        batch = self._batch(until_ps)
        if len(self._reader.heard) > self._heard:
            self.capabilities = self._capabilities()
        self._interpreter.hear(batch)
        if self._next is None:
            until_ps = self._interpreter.time_ps(batch[-1].time_ns) if batch else self._reached_ps
        elif (next_ps := self._interpreter.time_ps(self._next.time_ns)) <= until_ps:
            until_ps = max(self._reached_ps, next_ps - 1)
        self._reached_ps = until_ps
        tape.extend([*self._interpreter.release(until_ps), self._sample()])
        if self._next is None:
            self._told_end = True
            tape.extend([SourceEnded(until_ps, self._note())])

    def _batch(self, until_ps: int) -> list[TraceRecord]:
        batch: list[TraceRecord] = []
        while self._next is not None and self._interpreter.time_ps(self._next.time_ns) <= until_ps:
            batch.append(self._next)
            self._next = self._read()
            if len(batch) >= _BATCH and self._next and self._next.time_ns > batch[-1].time_ns:
                break
        return batch

    def _read(self) -> TraceRecord | None:
        try:
            return next(self._records, None)
        except decoding.ERRORS as error:
            raise SourceError(f"{self.heading.name}: cannot be read on: {error}") from error

    def _sample(self) -> Sample:
        return Sample(self._reached_ps, self._interpreter.meters().copy(), self._detail)

    def _note(self) -> str:
        notes = self._reader.notes()
        if malformed := self._interpreter.malformed:
            notes.append(f"{malformed:,} records make no sense")
        return "; ".join(notes)

    def set_detail(self, detail: Detail) -> None:
        self._detail = detail
        self._interpreter.set_detail(detail)

    def close(self) -> None:
        self._files.close()


def open_trace_text(word: Word, wanted: str | None, *, clock_said: bool = False) -> TextSource:
    """The trace in a file or pipe, of the interface `wanted` or of the busiest one.

    `clock_said`: stamps without a dot are nanoseconds.
    Errors: SourceError if it cannot be read, is no trace, or holds no packet of that interface.
    """
    with contextlib.ExitStack() as files:
        try:
            text = _opened(word, files)
            reader = TraceReader(text, clock_said=clock_said)
        except clock.ClockError as error:
            raise SourceError(f"{word.title}: {error}") from error
        except decoding.ERRORS as error:
            raise SourceError(f"{word.title}: cannot be read: {error}") from error
        device = _chosen(word, reader, wanted)
        heading = Heading(Origin.RECORDED, word.title, notes=(f"packets that {device} receives",))
        return TextSource(heading, reader, device, files.pop_all())
    raise AssertionError


def _opened(word: Word, files: contextlib.ExitStack) -> TextIO:
    file = files.enter_context(_file(word) if word.stream is None else word.stream)
    return files.enter_context(decoding.text_of(file))


def _file(word: Word) -> io.BufferedReader:
    try:
        return Path(word.text).open("rb")
    except OSError as error:
        raise SourceError(f"{word.text}: cannot be read: {error.strerror}") from error


def _chosen(word: Word, reader: TraceReader, wanted: str | None) -> str:
    """The interface to follow: the wanted interface, else the busiest."""
    devices = reader.devices()
    if wanted is None and devices:
        return next(iter(devices))
    if wanted in devices:
        return wanted
    if not reader.read:
        raise SourceError(f"{word.title}: {reader.lacking or 'no line of it is a kernel trace'}")
    if not devices:
        raise SourceError(f"{word.title}: {_without_packets(reader)}")
    raise SourceError(f"{word.title}: {wanted} receives nothing in it; use {', '.join(devices)}", 2)


def _without_packets(reader: TraceReader) -> str:
    unreadable = [name for name in RECEIVING if name in reader.unreadable]
    if unreadable and not reader.lacking:
        return f"its records of {unreadable[0]} have no device, or no address of the packet"
    return reader.lacking or "no packet is received in it; record net:netif_receive_skb and the rest"
