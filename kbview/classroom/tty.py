"""The follower's terminal: raw keys, the alternate screen, and both given back whatever happens."""

import os
import signal
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_ENTER = b"\x1b[?1049h\x1b[?25l\x1b[2J"
_LEAVE = b"\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l"


class Screen:
    """The alternate screen of the terminal behind a descriptor for keys and one for output.

    `resized` is readable after the size has changed.
    """

    def __init__(self, keys: int = 0, output: int = 1) -> None:
        self.keys = keys
        self._output = output
        self.resized, self._wakes = os.pipe()
        os.set_blocking(self._wakes, False)
        self._cooked = termios.tcgetattr(keys)

    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        with suppress(OSError):
            found = os.get_terminal_size(self._output)
            return found.columns or 80, found.lines or 24
        return 80, 24

    def write(self, data: bytes) -> None:
        """Write all bytes."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._output, view) :]

    def _resize(self, *_of_signal: object) -> None:
        with suppress(OSError):
            os.write(self._wakes, b"!")

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take the terminal; give it back at the end."""
        before = signal.signal(signal.SIGWINCH, self._resize)
        tty.setraw(self.keys)
        try:
            self.write(_ENTER)
            yield
        finally:
            signal.signal(signal.SIGWINCH, before)
            with suppress(OSError):
                self.write(_LEAVE)
            with suppress(termios.error):
                termios.tcsetattr(self.keys, termios.TCSADRAIN, self._cooked)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Lend the terminal to another program meanwhile."""
        self.write(_LEAVE)
        termios.tcsetattr(self.keys, termios.TCSADRAIN, self._cooked)
        try:
            yield
        finally:
            tty.setraw(self.keys)
            self.write(_ENTER)
