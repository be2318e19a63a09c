"""The process that has the socket of a port open, in this thread's network namespace."""

import contextlib
import time

from kbview.sources.linux.netlink.diag import (
    AF_INET,
    AF_INET6,
    NETLINK_SOCK_DIAG,
    socket_request,
    sockets_of,
)
from kbview.sources.linux.netlink.socket import NetlinkSocket
from kbview.sources.linux.owner import Owners
from kbview.sources.linux.socket_state import SocketProtocol, TcpState

_LOOK_S = 1.0  # between two lists of all sockets


class PortOwners:
    """Asks for the sockets when a port is first asked for, and again now and then."""

    def __init__(self) -> None:
        self._owners = Owners()
        self._inodes: dict[str, int] = {}
        self._looked_s = 0.0
        self._diag: NetlinkSocket | None = None
        with contextlib.suppress(OSError):
            self._diag = NetlinkSocket(NETLINK_SOCK_DIAG)

    def of(self, port: str) -> str:
        """The process of a port such as "udp :53"; "" if it is unknown or there is none."""
        self._look()
        return self._owners.name(self._inodes.get(port, 0))

    def _look(self) -> None:
        self._owners.look()
        now_s = time.monotonic()
        if self._diag is None or now_s - self._looked_s < _LOOK_S:
            return
        self._looked_s = now_s
        try:
            self._inodes = self._bound(self._diag)
        except OSError:  # a kernel without it, or an answer cut short
            self.close()

    def _bound(self, diag: NetlinkSocket) -> dict[str, int]:
        """The sockets that take packets for a port: a listening one before its connections."""
        found: dict[str, int] = {}
        for family in (AF_INET, AF_INET6):
            for protocol in SocketProtocol:
                for state in sockets_of(diag.ask(socket_request(family, protocol)), protocol):
                    name = f"{protocol} :{state.local.port}"
                    if state.inode and (name not in found or state.state is TcpState.LISTEN):
                        found[name] = state.inode
        return found

    def close(self) -> None:
        """Ask no more."""
        if self._diag is not None:
            self._diag.close()
            self._diag = None
