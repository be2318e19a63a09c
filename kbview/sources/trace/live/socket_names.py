"""Facts on sockets from beside the trace: a datagram socket's port, the limit of a queue.

reader's descriptor   /proc/PID/fd/3 -> socket:[7341]
its port              /proc/PID/net/udp: local_address 0200A8C0:1B58 ... inode 7341
limits                sock_diag, in our own network namespace only
"""

import contextlib
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

from kbview.packet.frame import endpoint
from kbview.sources.linux.netlink.diag import (
    AF_INET,
    AF_INET6,
    NETLINK_SOCK_DIAG,
    socket_request,
    sockets_of,
)
from kbview.sources.linux.netlink.socket import NetlinkSocket
from kbview.sources.linux.procfs import sockets as procfs_sockets
from kbview.sources.linux.socket_state import SocketProtocol, SocketState
from kbview.sources.trace.meaning.tracked_skb import SocketQueue

_INODE = re.compile(r"socket:\[(\d+)\]")
_TABLES = ("udp", "udp6")
_LOOK_S = 1.0  # between two looks at all sockets


class SocketNames:
    """Finds names and limits of the queues in the trace. `here`: they are of our namespace."""

    def __init__(self, *, here: bool) -> None:
        self._inodes: dict[str, int] = {}  # by the queue's key
        self._looked_s = 0.0
        self._diag: NetlinkSocket | None = None
        if here:
            with contextlib.suppress(OSError):
                self._diag = NetlinkSocket(NETLINK_SOCK_DIAG)

    def look(self, queues: Iterable[SocketQueue]) -> None:
        """Name the queues without a name, and now and then ask for the limits of all."""
        queues = list(queues)
        for queue in queues:
            if queue.reader is not None and queue.key not in self._inodes:
                self._name(queue, *queue.reader)
            queue.reader = None
        now_s = time.monotonic()
        if self._diag is not None and now_s - self._looked_s >= _LOOK_S and queues:
            self._looked_s = now_s
            self._limit(queues, self._diag)

    def _name(self, queue: SocketQueue, pid: int, descriptor: int | None) -> None:
        inode = _only_datagram_socket(pid) if descriptor is None else _inode(pid, descriptor)
        if inode:
            self._inodes[queue.key] = inode
            queue.name = f"udp :{port}" if (port := _ports(pid).get(inode)) else queue.name

    def _limit(self, queues: list[SocketQueue], diag: NetlinkSocket) -> None:
        try:
            states = [
                state
                for family in (AF_INET, AF_INET6)
                for protocol in SocketProtocol
                for state in sockets_of(diag.ask(socket_request(family, protocol)), protocol)
            ]
        except OSError:  # a kernel without it, or an answer cut short
            self.close()
            return
        datagram = {state.inode: state for state in states if state.protocol is SocketProtocol.UDP}
        stream = {
            _stream_name(state): state for state in states if state.protocol is SocketProtocol.TCP
        }
        for queue in queues:
            inode = self._inodes.get(queue.key, 0)
            found = stream.get(queue.name) if queue.stream else datagram.get(inode)
            if found is not None:
                queue.rcvbuf = found.rcvbuf or queue.rcvbuf
                queue.unsent = found.unsent if queue.stream else None

    def close(self) -> None:
        """Ask no more."""
        if self._diag is not None:
            self._diag.close()
            self._diag = None


def _stream_name(state: SocketState) -> str:
    return f"tcp :{state.local.port} < {endpoint(state.remote.address, state.remote.port)}"


def _inode(pid: int, descriptor: int) -> int:
    """The inode of a task's socket; 0 when the task has gone or it is something else."""
    try:
        found = _INODE.fullmatch(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _only_datagram_socket(pid: int) -> int:
    """The inode of a task's only bound datagram socket; 0 when it has none or several."""
    inodes: set[int] = set()
    with contextlib.suppress(OSError):
        inodes = {_inode(pid, int(name)) for name in os.listdir(f"/proc/{pid}/fd")}
    bound = inodes & _ports(pid).keys()
    return bound.pop() if len(bound) == 1 else 0


def _ports(pid: int) -> dict[int, int]:
    """The ports of all bound datagram sockets, by inode, in the task's own namespace."""
    ports: dict[int, int] = {}
    for table in _TABLES:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii")
            sockets = procfs_sockets.parse(text, SocketProtocol.UDP)
            ports |= {each.inode: each.local.port for each in sockets if each.inode and each.local.port}
    return ports
