"""The testbed: two network namespaces and a veth pair between them, gone when it is closed.

     namespace kbview-<pid>-a                    namespace kbview-<pid>-b
    +--------------------------+                +--------------------------+
    | 10.77.0.1   kbv-<pid>-a  |======veth======|  kbv-<pid>-b   10.77.0.2 |
    +--------------------------+                +--------------------------+

Neighbours are static and IPv6 is off, so nothing is on the link but what somebody sends. The links
are born inside their namespaces: the machine's own never sees them. What a killed run left behind
the next one removes.
"""

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from itertools import chain, count

from kbview.sources.linux import stale
from kbview.sources.linux.ethtool import set_offload
from kbview.sources.linux.namespace import Namespace
from kbview.sources.linux.undo import Undoable
from kbview.sources.linux.veth import End, connect
from kbview.tape.source import SourceError

PERMISSION = 4
# Off, so that frames are on the link as they are sent, with checksums in them.
OFFLOADS = ("tx-checksum", "tso", "gso", "gro")


class Testbed(Undoable):
    """Use as a context manager. `queues` of each link; `mtu` 1500; `off` are the offloads turned off.

    `napi`: each link polls a ring of its own, as hardware does, and not the core's backlog; for a
    veth that comes with GRO.

    Errors: SourceError with exit code 4 without the right to, 1 when the kernel refuses otherwise.
    """

    __test__ = False  # its name is no test's

    def __init__(
        self, *, queues: int = 1, mtu: int = 1500, off: Sequence[str] = OFFLOADS, napi: bool = False
    ) -> None:
        self._namespaces: list[Namespace] = []
        with self.undone_on_error():
            try:
                stale.sweep()
                self.a, self.b = self._end("a"), self._end("b")
                connect(self.a, self.b, queues, mtu)
                for end in (self.a, self.b):
                    _set(end, off, napi=napi)
            except OSError as error:
                raise _refusal(error) from error

    def _end(self, side: str) -> End:
        label = next(each for each in _labels(side) if not stale.taken(each))
        namespace = Namespace(stale.name(label))
        self._namespaces.append(namespace)
        for whose in ("all", "default"):
            with contextlib.suppress(FileNotFoundError):  # a kernel without IPv6
                namespace.set(f"ipv6/conf/{whose}/disable_ipv6", 1)
        last = "ab".index(side) + 1
        link, mac = f"kbv-{os.getpid()}-{label}", f"02:6b:62:76:00:0{last}"
        return End(link, f"10.77.0.{last}", mac, namespace)

    def undo(self) -> None:
        """Remove the namespaces; the links end with them."""
        while self._namespaces:
            self._namespaces.pop().remove()


def _labels(side: str) -> Iterator[str]:
    """Of a process's first testbed, its second, and so on."""
    return chain([side], (f"{side}{number}" for number in count(2)))


def _set(end: End, off: Sequence[str], *, napi: bool) -> None:
    with end.namespace.entered():
        for feature in off:
            set_offload(end.link, feature, on=False)
        if napi:
            set_offload(end.link, "gro", on=True)


def _refusal(error: OSError) -> SourceError:
    if error.errno in (errno.EPERM, errno.EACCES):
        return SourceError(
            "making network namespaces is not permitted (it takes CAP_SYS_ADMIN and CAP_NET_ADMIN); "
            "run it as root: sudo kbview lab",
            PERMISSION,
        )
    return SourceError(f"the lab cannot be built: {error}", 1)
