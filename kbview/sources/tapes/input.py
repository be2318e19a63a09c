"""Where the bytes of a tape come from: a file that may still be growing, or a pipe.

A pipe is copied to a scratch file as it comes, so that one can seek in what was read.
"""

import fcntl
import io
import os
import select
from abc import ABC, abstractmethod
from io import BufferedReader
from typing import BinaryIO

from kbview.sources.tapes import temp_file

_PIECE = 1 << 18  # bytes taken from a pipe at a time


class TapeInput(ABC):
    """Bytes that are there, and perhaps more to come."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """Bytes within `size`."""
        return temp_file.read_at(self._file, offset, length)

    @abstractmethod
    def take(self, *, wait: bool) -> bool:
        """See whether more has come, waiting for it if asked to; False when there is nothing new."""

    @property
    @abstractmethod
    def growing(self) -> bool:
        """Whether more may come."""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class TapeOnDisk(TapeInput):
    """A file. Whoever writes a tape holds a lock on it as long as it lives, however it ends."""

    def __init__(self, path: str) -> None:
        super().__init__(open(path, "rb", buffering=0))  # noqa: SIM115 - closed by close
        self._growing = True
        self.take(wait=False)

    @property
    def growing(self) -> bool:
        return self._growing

    def take(self, *, wait: bool) -> bool:
        del wait  # nobody waits for a file
        self._growing = self._is_locked()  # looked at before the size, lest the last bytes be missed
        before, self.size = self.size, os.fstat(self._file.fileno()).st_size
        return self.size > before

    def _is_locked(self) -> bool:
        try:
            fcntl.flock(self._file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            fcntl.flock(self._file, fcntl.LOCK_UN)
        except BlockingIOError:
            return True
        except OSError:  # a file system without locks: then nobody can be seen writing
            return False
        return False


class TapeFromPipe(TapeInput):
    """A pipe, read when somebody wants to see more."""

    def __init__(self, stream: BufferedReader) -> None:
        super().__init__(temp_file.scratch_file())
        self._stream = stream
        self._growing = True
        self._fresh = True  # what is in the stream's own buffer cannot be seen from outside

    @property
    def growing(self) -> bool:
        return self._growing

    def take(self, *, wait: bool) -> bool:
        if not self._growing or not (wait or self._fresh or self._ready()):
            return False
        self._fresh = False
        data = self._stream.read1(_PIECE)
        self._growing = bool(data)
        temp_file.write_at(self._file, self.size, data)
        self.size += len(data)
        return True

    def _ready(self) -> bool:
        try:
            return bool(select.select([self._stream], [], [], 0)[0])
        except (io.UnsupportedOperation, ValueError):  # no descriptor: it is in memory
            return True

    def close(self) -> None:
        super().close()
        self._stream.close()
