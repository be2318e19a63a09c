"""The pipe that a SOURCE names: standard input, or a FIFO, which may wait for its writer."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, RawIOBase
from threading import Timer
from typing import cast

from kbview.cli.paper import tell
from kbview.tape.source import SourceError

PATIENCE_S = 1.0


def stream_of(word: str) -> BufferedReader | None:
    """The pipe, with first bytes that can be looked at; None if the word names no pipe.

    A FIFO without a writer or without data is waited for, and after PATIENCE_S standard error says so.
    Errors: SourceError if standard input is closed or the FIFO cannot be read.
    """
    from kbview.sources.resolve import open_fifo

    if word == "-":
        return _standard_input()
    with _told(f"kbview: {word}: waiting for a program to write into this FIFO (Ctrl+C ends it)"):
        stream = open_fifo(word)
        if stream is not None:
            stream.peek(1)
        return stream


def _standard_input() -> BufferedReader:
    if sys.stdin is None:  # as Python starts with `<&-`
        raise SourceError("standard input is closed; nothing can be read from -", 3)
    return BufferedReader(cast(RawIOBase, sys.stdin.buffer))


@contextmanager
def _told(sentence: str) -> Iterator[None]:
    """Print the sentence if the block takes longer than PATIENCE_S."""
    timer = Timer(PATIENCE_S, tell, (sentence,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
