"""The sockets of this namespace, by sock_diag where there is one, else from /proc/net."""

import contextlib
from collections.abc import Iterator

from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.counters.socket_choice import chosen
from kbview.sources.counters.socket_totals import SocketIntake, SocketTotals
from kbview.sources.linux.bpf.socket_reads import open_reads
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
        self._totals = SocketTotals(open_reads())
        self._tables = {
            (family, protocol): KernelFile(f"{_NET}/{protocol}{suffix}")
            for family, suffix in _FAMILIES.items()
            for protocol in SocketProtocol
        }

    def meters(self) -> dict[str, SocketMeter]:
        """A meter a socket, by its name."""
        self._owners.look()
        states = [state for table in self._tables for state in self._states(*table)]
        totals = self._totals.look(states)
        meters: dict[str, SocketMeter] = {}
        for state in sorted(chosen(states, self._wanted), key=lambda state: state.cookie):
            owner = self._owners.name(state.inode)
            name = f"{owner} {state.name}" if owner else state.name
            while name in meters:  # such as one of two that share a port
                name += "'"
            meters[name] = _meter(name, state, totals.get(state.cookie, SocketIntake()))
        return meters

    def _states(self, family: int, protocol: SocketProtocol) -> list[SocketState]:
        if self._diag is not None:
            try:
                answer = self._diag.ask(socket_request(family, protocol, totals=True))
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
        self._totals.close()
        if self._diag is not None:
            self._diag.close()
        for file in self._tables.values():
            file.close()


def _meter(name: str, state: SocketState, came: SocketIntake) -> SocketMeter:
    """Of a listening socket the queue holds connections, and no bytes."""
    known = {"received": came.packets, "drops": state.drops}
    unknown = tuple(field for field, count in known.items() if count is None)
    drops = state.drops or 0
    if state.state is TcpState.LISTEN:
        waiting, backlog = state.received, state.unsent
        return SocketMeter(name, waiting, backlog, waiting, drops=drops, unknown=unknown)
    return SocketMeter(
        name,
        state.received if state.truesize is None else state.truesize,
        state.rcvbuf or 0,
        received=came.packets or 0,
        drops=drops,
        send_queued=state.unsent,
        received_bytes=came.bytes,
        unknown=unknown,
    )
