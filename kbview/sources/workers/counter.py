"""The kernel's counters of one interface, from its row of /proc/net/dev."""

from kbview.sources.linux.procfs import netdev
from kbview.sources.linux.procfs.file import KernelFile


class LinkCounter:
    """Opened when made, in this thread's namespace; reading it later takes no privilege."""

    def __init__(self, link: str) -> None:
        self._link = link
        self._file = KernelFile("/proc/thread-self/net/dev")

    def read(self) -> netdev.InterfaceTraffic:
        """The totals since the interface was made; OSError when the interface is gone."""
        row = netdev.parse(self._file.read()).get(self._link)
        if row is None:
            raise OSError(19, f"the interface {self._link} is gone")
        return row

    def close(self) -> None:
        """Close the file."""
        self._file.close()
