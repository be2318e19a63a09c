"""Text of a TOML file that somebody else may have written: bounded in size and line, and no pipe."""

import os
import stat
from typing import IO

from kbview.tape.source import SourceError

MOST_BYTES = 1 << 20  # the largest bundled file has a twentieth of it
LONGEST_LINE = 4096  # characters; shorter than a number that Python refuses to read


def read_toml(path: str, stream: IO[bytes] | None = None) -> str:
    """The text of a file, or of a pipe that is open. A FIFO of that name is not waited for.

    Errors: SourceError if the file is a FIFO, too large, or no text.
    """
    try:
        if stream is not None:
            return _checked(path, stream.read(MOST_BYTES + 1))
        with open(path, "rb", opener=_without_waiting) as file:
            if stat.S_ISFIFO(os.fstat(file.fileno()).st_mode):
                raise SourceError(f"{path}: a pipe cannot be read here; name a file", 3)
            return _checked(path, file.read(MOST_BYTES + 1))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SourceError(f"{path}: cannot be read: {reason}", 3) from error


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _checked(path: str, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise SourceError(f"{path}: larger than {MOST_BYTES:,} bytes; no TOML file of kbview is", 3)
    text = data.decode("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            raise SourceError(f"{path}: line {number} has more than {LONGEST_LINE} characters", 3)
    return text
