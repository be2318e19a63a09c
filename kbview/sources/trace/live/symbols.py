"""Which kernel function an address lies in, from /proc/kallsyms."""

from bisect import bisect_right
from pathlib import Path


class Symbols:
    """Read when first asked: it is 0.1 s of work. Without the right to, every address is nowhere."""

    def __init__(self, path: Path = Path("/proc/kallsyms")) -> None:
        self._path = path
        self._lines: list[bytes] | None = None

    def read(self) -> None:
        """Read them now, as long as the right is there."""
        if self._lines is None:
            self._lines = self._read()

    def name(self, address: int | str) -> str:
        """The function's name; "" when it is unknown."""
        if not isinstance(address, int):
            return str(address)
        self.read()
        assert self._lines is not None
        at = bisect_right(self._lines, b"%016x~" % address)
        words = self._lines[at - 1].split() if at else []
        return words[2].decode("ascii", "replace") if len(words) > 2 else ""

    def _read(self) -> list[bytes]:
        """The lines in the order of their addresses, which have 16 digits each."""
        try:
            lines = self._path.read_bytes().splitlines()
        except OSError:
            return []
        lines.sort()
        return [] if not lines or lines[-1].startswith(b"0" * 16) else lines
