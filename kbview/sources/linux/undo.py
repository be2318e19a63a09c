"""Undoable: something that must be undone however the program ends, short of SIGKILL.

Exceptions and the end of a `with` reach `close` by themselves. SIGTERM and SIGHUP do not: while
something is open they are turned into SystemExit, unless somebody else handles them already (the
screen does). At the interpreter's end `atexit` comes last.
"""

import atexit
import contextlib
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import FrameType
from typing import Self

_ENDING = (signal.SIGTERM, signal.SIGHUP)
HELD = (*_ENDING, signal.SIGINT)
_open: list["Undoable"] = []


class Undoable(ABC):
    """Closed once, whoever asks first; signals wait until it is done."""

    @abstractmethod
    def undo(self) -> None:
        """Take everything away again; called once, possibly with only half of it made."""

    @contextlib.contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Make things in here: what was made is undone if one fails. Signals wait meanwhile.

        Processes started in here inherit the waiting; `tether` ends it for them.
        """
        _open.append(self)
        _watch()
        try:
            with _signals_held():
                yield
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Undo; a second call does nothing."""
        with _signals_held():
            if self in _open:
                _open.remove(self)
                try:
                    self.undo()
                finally:
                    _unwatch()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """One that comes is delivered when this ends, so nothing is left half made and forgotten."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _watch() -> None:
    if threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, _end)


def _unwatch() -> None:
    if not _open and threading.current_thread() is threading.main_thread():
        for number in _ENDING:
            if signal.getsignal(number) is _end:
                signal.signal(number, signal.SIG_DFL)


def _end(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


@atexit.register
def _last() -> None:
    for each in _open:
        each.close()
