"""The sockets of this namespace, by sock_diag where there is one, else from /proc/net."""

import contextlib
from collections.abc import Iterator

from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.counters.socket_choice import chosen
from kbview.sources.linux.netlink.diag import (
    AF_INET,
    AF_INET6,
    NETLINK_SOCK_DIAG,
    socket_request,
    sockets_of,
)
from kbview.sources.linux.netlink.socket import NetlinkSocket
from kbview.sources.linux.owner import Owners
from kbview.sources.linux.procfs import sockets as table
from kbview.sources.linux.procfs.file import KernelFile
from kbview.sources.linux.socket_state import SocketProtocol, SocketState, TcpState
from kbview.tape.meter import SocketMeter

_NET = "/proc/thread-self/net"
_FAMILIES = {AF_INET: "", AF_INET6: "6"}


class SocketMeters:
    """Asks for all of them, and shows the ones that `wanted` takes; None takes all."""

    def __init__(self, wanted: WantedPackets | None = None) -> None:
        self._wanted = wanted or WantedPackets()
        self._owners = Owners()
        self._diag: NetlinkSocket | None = None
        with contextlib.suppress(OSError):
            self._diag = NetlinkSocket(NETLINK_SOCK_DIAG)
        self._tables = {
            (family, protocol): KernelFile(f"{_NET}/{protocol}{suffix}")
            for family, suffix in _FAMILIES.items()
            for protocol in SocketProtocol
        }

    def meters(self) -> dict[str, SocketMeter]:
        """A meter a socket, by its name."""
        self._owners.look()
        meters: dict[str, SocketMeter] = {}
        for family, protocol in self._tables:
            for state in chosen(self._states(family, protocol), self._wanted):
                owner = self._owners.name(state.inode)
                name = f"{owner} {state.name}" if owner else state.name
                while name in meters:  # such as one of two that share a port
                    name += "'"
                meters[name] = _meter(name, state)
        return meters

    def _states(self, family: int, protocol: SocketProtocol) -> list[SocketState]:
        if self._diag is not None:
            try:
                answer = self._diag.ask(socket_request(family, protocol))
                return list(sockets_of(answer, protocol))
            except OSError:  # a kernel without this protocol's part, or an answer cut short
                self._diag.close()
                self._diag = None
        return list(self._listed(family, protocol))

    def _listed(self, family: int, protocol: SocketProtocol) -> Iterator[SocketState]:
        ending = (TcpState.TIME_WAIT, TcpState.NEW_SYN_RECV, TcpState.SYN_RECV)
        states = table.parse(self._tables[family, protocol].read(), protocol)
        return (state for state in states if state.state not in ending)

    def close(self) -> None:
        """Close everything."""
        if self._diag is not None:
            self._diag.close()
        for file in self._tables.values():
            file.close()


def _meter(name: str, state: SocketState) -> SocketMeter:
    """Of a listening socket the queue holds connections, and no bytes."""
    if state.state is TcpState.LISTEN:
        return SocketMeter(name, rcvbuf=state.rcvbuf or 0, packets=state.received, drops=state.drops)
    queued = state.received if state.truesize is None else state.truesize
    return SocketMeter(name, queued, state.rcvbuf or 0, drops=state.drops, send_queued=state.unsent)
