"""Scratch files without a name: no other process sees them, and their room is freed at any end."""

import os
import tempfile
from pathlib import Path
from typing import BinaryIO, cast


def scratch_file() -> BinaryIO:
    """A new file without a name, in the user's cache folder (XDG) or else in the temporary folder.

    Errors: OSError when there is no room in either.
    """
    try:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kbview"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cast(BinaryIO, tempfile.TemporaryFile(dir=folder, buffering=0))
    except (OSError, RuntimeError):  # no home (RuntimeError: not in passwd), or not writable
        return cast(BinaryIO, tempfile.TemporaryFile(buffering=0))


def write_at(file: BinaryIO, offset: int, data: bytes) -> None:
    """Write all of it. Errors: OSError, when part of it may be there already."""
    view = memoryview(data)
    while view:
        written = os.pwrite(file.fileno(), view, offset)
        view, offset = view[written:], offset + written


def read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    """Read so many bytes, or as many as there are."""
    parts: list[bytes] = []
    while length > 0 and (part := os.pread(file.fileno(), length, offset)):
        parts.append(part)
        offset, length = offset + len(part), length - len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)
