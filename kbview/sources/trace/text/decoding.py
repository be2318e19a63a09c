"""From the bytes of a trace's file to text: gzip, bzip2 and xz, byte order marks, UTF-16.

A file that a shell of Windows redirected is UTF-16. Everything else is UTF-8, and bytes that are no
UTF-8 become U+FFFD.
"""

import bz2
import codecs
import contextlib
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO, TextIO, overload

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PLAIN = 512  # characters; a file of another kind has a zero byte among the first
HEAD = 1 << 16  # bytes by which a file is recognised
# Raised by a damaged or unfinished file.
ERRORS = (OSError, ValueError, EOFError, zlib.error, lzma.LZMAError)

_PACKED: tuple[tuple[bytes, Callable[[BinaryIO], gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile]], ...] = (
    (b"\x1f\x8b", lambda file: gzip.GzipFile(fileobj=file)),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class _Unpacked(io.RawIOBase):
    """The bytes of a packed file. The bytes before a damage come before the error does."""

    def __init__(self, packed: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile) -> None:
        self._packed = packed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        view = memoryview(buffer)
        data = self._packed.read1(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._packed.close()
        super().close()


def text_of(file: io.BufferedReader) -> TextIO:
    """The text of an open file, from its beginning. The caller closes the file, too."""
    unpacked = _unpacked(file, file.peek(HEAD))
    return io.TextIOWrapper(unpacked, encoding=_encoding(unpacked.peek(HEAD)), errors="replace")


def head_text(head: bytes) -> str | None:
    """The text that a file begins with, None if the file is no text."""
    data = _some(_unpacked(io.BytesIO(head), head))
    text = data.decode(_encoding(data), "replace")
    return None if "\0" in text[:_PLAIN] else text


def _some(file: io.BufferedReader | io.BytesIO) -> bytes:
    """Up to 128 KiB from the beginning; less where the file was cut."""
    data = b""
    with contextlib.suppress(*ERRORS):
        while len(data) < HEAD and (piece := file.read1(HEAD)):
            data += piece
    return data


@overload
def _unpacked(file: io.BufferedReader, head: bytes) -> io.BufferedReader: ...
@overload
def _unpacked(file: io.BytesIO, head: bytes) -> io.BufferedReader | io.BytesIO: ...
def _unpacked(file: io.BufferedReader | io.BytesIO, head: bytes) -> io.BufferedReader | io.BytesIO:
    for mark, opened in _PACKED:
        if head.startswith(mark):
            return io.BufferedReader(_Unpacked(opened(file)), HEAD)
    return file


def _encoding(head: bytes) -> str:
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    pairs = head[: len(head) & ~1]
    if len(pairs) > 3 and not any(pairs[1:64:2]) and all(pairs[0:64:2]):
        return "utf-16-le"
    return "utf-8"
