"""Results in a file: one JSON object a line, each with the key of its point.

A line is written as soon as its point is finished, so an interrupted sweep keeps its finished points. A
line that was cut off, or that another program version wrote, is skipped when the file is read.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import platformdirs

from kbview.experiment.point import Point, Result
from kbview.experiment.program import identity

FORMAT = "kbview results 1"
_MOST_BYTES = 64 << 20  # a cache that has grown beyond this is begun anew


class ResultsError(Exception):
    """A results file that cannot be read or written: one line with its name and the reason."""


class _Line(msgspec.Struct, frozen=True):
    """A finished point. `asked` names scenario, datapath, seed and values for a reader."""

    key: str
    asked: dict[str, Any]
    result: Result


class _Heading(msgspec.Struct, frozen=True):
    """The first line of a results file."""

    format: str
    origin: str = "emulated"


_LINES = msgspec.json.Decoder(_Line)
_JSON = msgspec.json.Encoder()


def cache() -> Path:
    """The results file of this program version in the user's cache folder."""
    return Path(platformdirs.user_cache_dir("kbview")) / "results" / f"{identity()}.jsonl"


class ResultsFile:
    """Finished points by key. `kept` says whether the user named the file; a cache is bounded.

    `added` counts the points that were written. `fault` is "", or the reason why a cache takes no more:
    its disk is full, say. Errors: ResultsError from the constructor, and from `add` to a kept file.
    """

    def __init__(self, path: Path, *, kept: bool) -> None:
        self.path = path
        self.added = 0
        self.fault = ""
        self._kept = kept
        self.found: dict[str, Result] = {}
        self.reused = 0  # points that were not measured, because they were found here
        if path.exists() and not path.is_file():
            raise ResultsError(f"{path}: cannot be used: not a regular file; name another")
        try:
            if not kept:
                _tidy(path)
            self._read()
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self._begin()
        except OSError as error:
            raise ResultsError(f"{path}: cannot be used: {error.strerror}") from error

    def add(self, point: Point, asked: Mapping[str, Any], result: Result) -> None:
        """Write a finished point at once."""
        key = point.key()
        self.found[key] = result
        if self.fault:
            return
        try:
            self._write(_JSON.encode(_Line(key, dict(asked), result)))
            self.added += 1
        except ResultsError as error:
            if self._kept:
                raise
            self.fault = str(error)

    def close(self) -> None:
        """Close the file; a second call is free."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _read(self) -> None:
        if not self.path.exists():
            return
        with self.path.open("rb") as file:
            self._check(file.readline(256))
            for line in file:
                try:
                    told = _LINES.decode(line)
                except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
                    continue
                self.found[told.key] = told.result

    def _check(self, line: bytes) -> None:
        """Refuse a file that holds something else, before anything is written to it."""
        if not line:
            return
        try:
            known = msgspec.json.decode(line, type=_Heading).format == FORMAT
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            known = False
        if not known:
            raise ResultsError(f"{self.path}: not a results file of kbview; name another file")

    def _begin(self) -> None:
        """Write the first line of a new file; end a line that was cut off."""
        size = os.fstat(self._file).st_size
        if not size:
            self._write(_JSON.encode(_Heading(FORMAT)))
            return
        with self.path.open("rb") as file:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                self._write(b"")

    def _write(self, line: bytes) -> None:
        data = line + b"\n"
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError as error:
            raise ResultsError(f"{self.path}: cannot be written: {error.strerror}") from error


def _tidy(path: Path) -> None:
    """Remove the results of other program versions, and results beyond the bound."""
    for other in path.parent.glob("*.jsonl"):
        if other != path or other.stat().st_size > _MOST_BYTES:
            other.unlink(missing_ok=True)
