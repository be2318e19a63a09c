"""Text of a TOML file that somebody else may have written: bounded in size and line."""

from pathlib import Path
from typing import IO

from kbview.tape.source import SourceError

MOST_BYTES = 1 << 20  # the largest bundled file has a twentieth of it
LONGEST_LINE = 4096  # characters; shorter than a number that Python refuses to read


def read_toml(path: str, stream: IO[bytes] | None = None) -> str:
    """The text of a file, or of the pipe that it is; SourceError if it is too large or no text."""
    try:
        if stream is not None:
            return _checked(path, stream.read(MOST_BYTES + 1))
        with Path(path).open("rb") as file:
            return _checked(path, file.read(MOST_BYTES + 1))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SourceError(f"{path}: cannot be read: {reason}", 3) from error


def _checked(path: str, data: bytes) -> str:
    if len(data) > MOST_BYTES:
        raise SourceError(f"{path}: larger than {MOST_BYTES:,} bytes; no TOML file of kbview is", 3)
    text = data.decode("utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            raise SourceError(f"{path}: line {number} has more than {LONGEST_LINE} characters", 3)
    return text
