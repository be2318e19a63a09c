"""A file that is there whole or not at all: written beside its place, then put there at once."""

import os
import stat
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from kbview.sources.tapes.output import PIPE, TapeOutput, refuse_input
from kbview.tape.source import SourceError


class WholeFile:
    """Takes bytes. Use as a context manager: without an error the file is put in its place at the end.

    `force` replaces a file that exists, though never one of the `inputs` and never a symbolic link.
    A pipe or a device is written to at once. Errors: SourceError with one line.
    """

    def __init__(self, path: str, *, force: bool, inputs: Sequence[str] = ()) -> None:
        self.path = path
        self._force = force
        self._direct: TapeOutput | None = None
        self._beside = ""
        if path == PIPE or _is_special(path):
            self._direct = TapeOutput(path, force=True, inputs=inputs)
            return
        self._refuse(inputs)
        folder, name = os.path.split(path)
        try:
            self._descriptor, self._beside = tempfile.mkstemp(
                prefix=f".{name[:100]}.", dir=folder or "."
            )
            os.fchmod(self._descriptor, 0o666 & ~_umask())
        except (OSError, ValueError) as error:
            raise self._failed(error) from error

    def write(self, data: bytes) -> None:
        """Write all of it."""
        if self._direct is not None:
            self._direct.write(data)
            return
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._direct is not None:
            self._direct.close()
            return
        os.close(self._descriptor)
        try:
            if kind is None:
                self._put()
        finally:
            with suppress(OSError):
                os.unlink(self._beside)

    def _put(self) -> None:
        """Give the file its name; it may have come to exist meanwhile."""
        try:
            if self._force:
                os.replace(self._beside, self.path)
            else:
                os.link(self._beside, self.path)
        except FileExistsError as error:
            raise _exists(self.path) from error
        except OSError as error:
            if self._force or os.path.lexists(self.path):
                raise self._failed(error) from error
            os.replace(self._beside, self.path)  # a file system without hard links

    def _refuse(self, inputs: Sequence[str]) -> None:
        if not os.path.lexists(self.path):
            return
        if not self._force:
            raise _exists(self.path)
        if os.path.islink(self.path):
            raise SourceError(f"{self.path}: it is a symbolic link; name the file that it leads to", 2)
        refuse_input(self.path, os.stat(self.path), inputs)

    def _failed(self, error: Exception) -> SourceError:
        reason = error.strerror if isinstance(error, OSError) else "no file can have this name"
        code = 4 if isinstance(error, PermissionError) else 2 if not self._beside else 1
        return SourceError(f"{self.path}: cannot be written: {reason}", code)


def _exists(path: str) -> SourceError:
    return SourceError(f"{path}: exists; name another file, or --force to write over it", 2)


def _is_special(path: str) -> bool:
    """Whether the path leads to a pipe or a device, which no other file may replace."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
