"""Where a tape is written to: a new or emptied file, or standard output."""

import errno
import fcntl
import os
import stat
import sys
from collections.abc import Sequence

from kbview.tape.source import SourceError

PIPE = "-"


class TapeOutput:
    """Takes bytes as they come, and holds a lock meanwhile: readers of the file know that more comes.

    `force` empties a file that exists; it never empties one of the `inputs`, the files (or `-`) that
    the command reads.
    Errors: SourceError with one line; BrokenPipeError when nobody reads the pipe any more.
    """

    def __init__(self, word: str, *, force: bool, inputs: Sequence[str] = ()) -> None:
        self.name = "standard output" if word == PIPE else word
        self._descriptor = _standard_output() if word == PIPE else _create(word, inputs, force=force)

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


def _create(path: str, inputs: Sequence[str], *, force: bool) -> int:
    """A descriptor of the empty file. A symbolic link is refused, for the folder may be shared."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | (0 if force else os.O_EXCL)
        descriptor = os.open(path, flags, 0o666)
    except FileExistsError as error:
        raise SourceError(
            f"{path}: exists; name another file, or --force to write over it", 2
        ) from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be written: {_reason(error)}", _exit_code(error)) from error
    try:
        _empty(descriptor, path, inputs)
    except SourceError:
        os.close(descriptor)
        raise
    return descriptor


def _empty(descriptor: int, path: str, inputs: Sequence[str]) -> None:
    """Lock the file and cut it to nothing; SourceError if it is an input or another writer has it."""
    refuse_input(path, os.fstat(descriptor), inputs)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
    except BlockingIOError as error:
        raise SourceError(f"{path}: somebody is recording to it; name another file", 2) from error
    except OSError:  # a file system without locks, or a device: it cannot be watched as it grows
        pass


def refuse_input(path: str, ours: os.stat_result, inputs: Sequence[str]) -> None:
    """SourceError if the file at `path`, with the status `ours`, is one of the inputs."""
    if any(_is_the_file(ours, word) for word in inputs):
        raise SourceError(f"{path}: is read as the input; name another file", 2)


def _is_the_file(ours: os.stat_result, word: str) -> bool:
    """Whether the SOURCE word names this regular file, by any path or link."""
    try:
        theirs = os.fstat(0) if word == PIPE else os.stat(word)
    except (OSError, ValueError):  # the word names no file
        return False
    return stat.S_ISREG(ours.st_mode) and os.path.samestat(ours, theirs)


def _reason(error: Exception) -> str | None:
    if not isinstance(error, OSError):
        return "no file can have this name"
    if error.errno == errno.ELOOP:
        return "it is a symbolic link; name the file that it leads to"
    return error.strerror


def _exit_code(error: Exception) -> int:
    return 4 if isinstance(error, PermissionError) else 2
