"""A tape as a source: a recording in a file, whole, cut or still growing, or from a pipe."""

import time

import msgspec

from kbview.sources.opener import Word
from kbview.sources.tapes.input import TapeFromPipe, TapeInput, TapeOnDisk
from kbview.tape.kbt.block import TapeDamagedError
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.recording import Recording
from kbview.tape.source import Capabilities, Heading, Origin, Source, SourceError
from kbview.tape.tape import Tape

_HEADER_BYTES = 1 << 20  # where a tape's header must have been found


def open_tape(word: Word, *, follow: bool) -> "TapeSource":
    """The recording of a file or pipe; SourceError if it cannot be read or is no tape."""
    try:
        taken: TapeInput = TapeOnDisk(word.text) if word.stream is None else TapeFromPipe(word.stream)
    except FileNotFoundError as error:
        raise SourceError(f"{word.text}: no such file; check the path", 3) from error
    except OSError as error:
        raise SourceError(f"{word.text}: cannot be read: {error.strerror}", 3) from error
    try:
        return TapeSource(word.title, taken, follow=follow)
    except SourceError:
        taken.close()
        raise


class TapeSource(Source):
    """Shows what a tape holds. `follow` waits for more while somebody writes to it."""

    name = "tape"
    summary = "a recording"
    tape: Recording

    def __init__(self, title: str, taken: TapeInput, *, follow: bool) -> None:
        self._title = title
        self._input = taken
        self._follow = follow
        self._told_end = False
        self.tape = self._opened()
        header = self.tape.header
        self.heading = _heading(title, header)
        self.capabilities = _capabilities(header, growing=follow and taken.growing)
        self._settle()

    def can_run(self) -> str | None:
        return None

    @property
    def ended(self) -> bool:
        return self._told_end

    def pump(self, tape: Tape, until_ps: int, *, budget_s: float = float("inf")) -> int:
        del tape  # it is our own
        deadline = time.monotonic() + budget_s
        recording = self.tape
        while not self._told_end and recording.end_ps < until_ps:
            took = self._take(wait=budget_s == float("inf"))
            recording.grow(self._input.size)
            self._settle()
            if not took or time.monotonic() >= deadline:
                break
        return min(until_ps, recording.end_ps)

    def damaged(self) -> int:
        """How many records cannot be had; the whole tape is read for it."""
        return self.tape.damaged()

    def close(self) -> None:
        self._input.close()

    def _opened(self) -> Recording:
        """The recording, once enough has come to know what it is of."""
        while True:
            took = self._take(wait=True)
            try:
                return Recording(self._input.read_at, self._input.size)
            except TapeDamagedError as error:
                if took and self._input.growing and self._input.size < _HEADER_BYTES:
                    continue
                raise SourceError(f"{self._title}: no tape that can be read: {error}", 3) from error

    def _take(self, *, wait: bool) -> bool:
        try:
            return self._input.take(wait=wait)
        except OSError as error:
            raise SourceError(f"{self._title}: reading it failed: {error.strerror}", 1) from error

    def _settle(self) -> None:
        """Find out whether this is all; a tape that does not say so itself is told how it ended."""
        recording, growing = self.tape, self._input.growing
        if self._told_end or (growing and self._waits()):
            return
        self._told_end = True
        notes = []
        if not recording.complete:
            left = recording.left(self._input.size)
            notes.append(_how_it_ended(left, still_written=growing))
        if not self._follow and (lost := recording.damaged()):  # for the screen it is told in its place
            notes.append(f"{lost} records are damaged and left out")
        if notes:
            recording.end("; ".join(notes))

    def _waits(self) -> bool:
        """A pipe is always read to its end; a file that grows only for somebody who follows it."""
        return not self.tape.complete and (self._follow or isinstance(self._input, TapeFromPipe))


def _how_it_ended(left: int, *, still_written: bool) -> str:
    if still_written:
        return "still being written: this is as far as it was"
    unfinished = f", with {left} bytes of a chunk that is not whole" if left else ""
    return f"cut off: its writer did not end in good order{unfinished}"


def _heading(title: str, header: Header) -> Heading:
    made = header.heading
    original = made.original or made.origin
    notes = (f"recorded from {made.name}, {original}", *made.notes)
    return Heading(
        Origin.RECORDED,
        title,
        made.profile,
        made.seed,
        notes,
        original,
        closed_loop=made.closed_loop,
        tcp=made.tcp,
    )


def _capabilities(header: Header, *, growing: bool) -> Capabilities:
    """What the source could tell, as far as it was asked; live only while it lasts."""
    had = header.capabilities
    return msgspec.structs.replace(
        had, live=had.live and growing, switchable=False, detail=min(had.detail, header.detail)
    )
