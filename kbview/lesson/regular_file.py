"""A file of somebody else: only a regular file is read, and only up to a bound."""

import os
import stat
from pathlib import Path

from kbview.lesson.fault import LessonError
from kbview.lesson.limits import MOST_BYTES


def contents(path: Path) -> bytes:
    """The bytes of a file. A pipe or a device is refused at once, without waiting for a writer.

    Errors: OSError, and LessonError for a file that is not regular or has more than 64 KiB.
    """
    with open(path, "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise LessonError("cannot be read: not a regular file")
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise LessonError(f"larger than {MOST_BYTES:,} bytes")
    return data


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)
