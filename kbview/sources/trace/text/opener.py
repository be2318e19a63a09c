"""Kernel traces as text: recognised by their first line."""

import io
from typing import TextIO

from kbview.sources.opener import Opener, Word
from kbview.sources.request import Choice
from kbview.sources.trace.text import line
from kbview.sources.trace.text.reader import Reader
from kbview.sources.trace.text.source import TextSource
from kbview.tape.source import Heading, Origin, Source, SourceError

_KEY = "device"


class TraceTexts(Opener):
    """What `trace_pipe`, `trace-cmd report` or `perf script` printed."""

    name = "trace text"
    summary = "a kernel trace from any machine, as text"
    example = "trace.txt"

    def claims(self, word: Word) -> bool:
        return line.looks_like_one(word.head)

    def open(self, word: Word, choices: list[Choice]) -> list[Source]:
        choice = self.only(word, choices)
        self.refuse_emulated(word, choice)
        wanted = _device(word, choice)
        file = _open(word)
        try:
            reader = Reader(file)
            device = _chosen(word, reader, wanted)
        except (OSError, UnicodeError) as error:
            file.close()
            raise SourceError(f"{word.title}: cannot be read: {error}") from error
        except SourceError:
            file.close()
            raise
        heading = Heading(Origin.RECORDED, word.title, notes=(f"packets that {device} receives",))
        return [TextSource(heading, reader, device, file)]


def _open(word: Word) -> TextIO:
    if word.stream is not None:
        return io.TextIOWrapper(word.stream, encoding="utf-8", errors="replace")
    try:
        return open(word.text, encoding="utf-8", errors="replace")
    except OSError as error:
        raise SourceError(f"{word.text}: cannot be read: {error.strerror}") from error


def _device(word: Word, choice: Choice) -> str | None:
    """What `--set device=NAME` says."""
    for key, _ in choice.overrides:
        if key != _KEY:
            raise SourceError(f"{word.title}: {key} is for the emulator; use {_KEY}=INTERFACE", 2)
    return choice.overrides[-1][1] if choice.overrides else None


def _chosen(word: Word, reader: Reader, wanted: str | None) -> str:
    """The interface whose packets are followed: the one named, else the busiest."""
    devices = reader.devices()
    if wanted is None and devices:
        return next(iter(devices))
    if wanted in devices:
        return wanted
    if not reader.read:
        raise SourceError(f"{word.title}: no line of it is a kernel trace")
    if not devices:
        raise SourceError(
            f"{word.title}: no packet is received in it; record net:netif_receive_skb and the rest"
        )
    raise SourceError(f"{word.title}: {wanted} receives nothing in it; use {', '.join(devices)}", 2)
