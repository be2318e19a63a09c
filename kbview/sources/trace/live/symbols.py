"""Which kernel function an address lies in, from /proc/kallsyms."""

from bisect import bisect_right
from functools import cache
from pathlib import Path

KALLSYMS = Path("/proc/kallsyms")


class Symbols:
    """Read when made, 0.1 s of work once a process: the right to (CAP_SYSLOG) may be given up later.

    Without the right every address is nowhere.
    """

    def __init__(self, path: Path = KALLSYMS) -> None:
        self._lines = _sorted_lines(path)

    def name(self, address: int | str) -> str:
        """The function's name; "" when it is unknown."""
        if not isinstance(address, int):
            return str(address)
        at = bisect_right(self._lines, b"%016x~" % address)
        words = self._lines[at - 1].split() if at else []
        return words[2].decode("ascii", "replace") if len(words) > 2 else ""


@cache
def _sorted_lines(path: Path) -> list[bytes]:
    """The lines in the order of their addresses, which have 16 digits each."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    lines.sort()
    return [] if not lines or lines[-1].startswith(b"0" * 16) else lines
