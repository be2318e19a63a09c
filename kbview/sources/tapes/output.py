"""Where a tape is written to: a file that nothing else is in, or standard output."""

import fcntl
import os
import sys

from kbview.tape.source import SourceError

PIPE = "-"


class TapeOutput:
    """Takes bytes as they come. As long as it lives it holds the lock that tells readers of more.

    Errors: SourceError with one line; BrokenPipeError when nobody reads the pipe any more.
    """

    def __init__(self, word: str, *, force: bool) -> None:
        self.name = "standard output" if word == PIPE else word
        self._descriptor = _standard_output() if word == PIPE else _create(word, force=force)

    def write(self, data: bytes) -> None:
        """Write all of it, in one go where the system can."""
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._descriptor, view) :]
            except BrokenPipeError:
                raise
            except OSError as error:
                raise SourceError(
                    f"{self.name}: writing failed: {error.strerror}; what is on it can be watched", 1
                ) from error

    def close(self) -> None:
        """Let go of file and lock."""
        os.close(self._descriptor)


def _standard_output() -> int:
    if sys.stdout.isatty():
        raise SourceError("a tape is not for a terminal; write -o FILE.kbt, or a pipe behind it", 2)
    return os.dup(sys.stdout.fileno())


def _create(path: str, *, force: bool) -> int:
    try:
        flags = os.O_WRONLY | os.O_CREAT | (0 if force else os.O_EXCL)
        descriptor = os.open(path, flags, 0o666)
    except FileExistsError as error:
        raise SourceError(
            f"{path}: exists; name another file, or --force to write over it", 2
        ) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        raise SourceError(f"{path}: cannot be written: {reason}", _exit_code(error)) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
    except BlockingIOError as error:
        os.close(descriptor)
        raise SourceError(f"{path}: somebody is recording to it; name another file", 2) from error
    except OSError:  # a file system without locks, or a device: it cannot be watched as it grows
        pass
    return descriptor


def _exit_code(error: Exception) -> int:
    return 4 if isinstance(error, PermissionError) else 2
