"""A text file of the kernel's that is read again and again."""

import contextlib
import os

_PIECE = 1 << 16
_MOST = 1 << 24  # bytes; a table of more sockets than that is cut


class KernelFile:
    """Opened once: it stays readable when privileges go, and in the namespace it was opened in.

    A file that there is not reads as "".
    """

    def __init__(self, path: str) -> None:
        self._descriptor = -1
        with contextlib.suppress(OSError):
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    @property
    def exists(self) -> bool:
        """Whether it could be opened."""
        return self._descriptor >= 0

    def read(self) -> str:
        """All of it, as it is now."""
        pieces: list[bytes] = []
        size = 0
        try:
            while self.exists and size < _MOST:
                piece = os.pread(self._descriptor, _PIECE, size)
                if not piece:
                    break
                pieces.append(piece)
                size += len(piece)
        except OSError:  # its subject is gone; what was read before stays true
            pass
        return b"".join(pieces).decode("utf-8", "replace")

    def close(self) -> None:
        """Give the descriptor back."""
        if self.exists:
            os.close(self._descriptor)
            self._descriptor = -1


def number(text: str, base: int = 10) -> int:
    """A count as the kernel writes it; 0 for anything else, however long."""
    if len(text) > 32 or not text.isascii():
        return 0
    try:
        return max(0, int(text, base))
    except ValueError:
        return 0
