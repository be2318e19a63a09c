"""Whose a socket is: the process that has it open, as far as /proc lets us look."""

import contextlib
import os
import time
from collections.abc import Iterator

_PREFIX, _SUFFIX = "socket:[", "]"
_BUDGET_S = 0.003  # of one look; a big machine's processes take many
_AGAIN_S = 5.0  # from the end of one round to the begin of the next


class Owners:
    """Names of processes by the inodes of their sockets. Looks a little at a time."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}
        self._unknown: set[int] = set()
        self._round: Iterator[None] | None = None
        self._rest_until_s = 0.0

    def name(self, inode: int) -> str:
        """The process, or "" when it is not known."""
        if inode and inode not in self._names:
            self._unknown.add(inode)
        return self._names.get(inode, "")

    def look(self) -> None:
        """Go on looking, if anything is unknown."""
        now_s = time.monotonic()
        if self._round is None:
            if not self._unknown or now_s < self._rest_until_s:
                return
            self._round = self._look_around()
        while time.monotonic() - now_s < _BUDGET_S:
            if next(self._round, self) is self:
                self._round = None
                self._unknown.clear()  # what is still asked for comes back
                self._rest_until_s = time.monotonic() + _AGAIN_S
                return

    def _look_around(self) -> Iterator[None]:
        names: dict[int, str] = {}
        for pid in [name for name in os.listdir("/proc") if name.isdecimal()]:
            inodes = list(sockets_of_process(pid))
            if inodes:
                names |= dict.fromkeys(inodes, _name_of(pid))
            yield
        self._names = names


def sockets_of_process(pid: str) -> Iterator[int]:
    """The inodes of the sockets that a process has open, as far as its descriptors may be read."""
    with contextlib.suppress(OSError):  # not ours to look into, or gone
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                target = os.readlink(entry.path)
                number = target.removeprefix(_PREFIX).removesuffix(_SUFFIX)
                if target.startswith(_PREFIX) and number.isdecimal():
                    yield int(number)


def _name_of(pid: str) -> str:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/comm", "rb") as file:
        return file.read().strip().decode("utf-8", "replace")
    return ""
