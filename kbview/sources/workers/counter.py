"""The kernel's counters of one interface: its row of /proc/net/dev."""

import os

import msgspec

_PATH = "/proc/thread-self/net/dev"
_MOST = 1 << 16


class LinkCounters(msgspec.Struct, frozen=True):
    """In frames, since the interface was made."""

    received: int
    receive_drops: int
    transmitted: int
    transmit_drops: int


class LinkCounter:
    """Opened at once, in this thread's namespace; read later, and then without any privilege."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._name = link.encode()
        self._file = os.open(_PATH, os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> LinkCounters:
        """As they are now; OSError when the interface is gone."""
        for line in os.pread(self._file, _MOST, 0).splitlines():
            name, _, row = line.partition(b":")
            if name.strip() == self._name:
                numbers = [int(word) for word in row.split()]
                return LinkCounters(numbers[1], numbers[3], numbers[9], numbers[11])
        raise OSError(19, f"the interface {self._link} is gone")

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
