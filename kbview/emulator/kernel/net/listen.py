"""Listening sockets: the accept queue of a port, its lock, and the readers that accept from it.

    SO_REUSEPORT   a queue and a lock for each reader; the hash of a flow selects the reader
    shared         a queue and a lock for all; a new connection wakes every reader, and one accepts it

A SYN, the ACK that ends its handshake, and accept() all take the lock.
Linux: net/ipv4/inet_connection_sock.c, inet_hashtables.c, fs/eventpoll.c
"""

from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.hardware.contention import Lock
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.tcp_output import connection_name
from kbview.emulator.kernel.socket.reuseport import SocketGroup
from kbview.emulator.kernel.socket.socket_table import SocketTable
from kbview.emulator.kernel.socket.stream import ListenSocket, StreamSocket
from kbview.emulator.keys import meaning
from kbview.emulator.protocol.tcp import Segment
from kbview.emulator.protocol.tcp.endpoint import ConnectionEntry, Listener
from kbview.emulator.protocol.tcp.header import frame_of
from kbview.emulator.protocol.tcp.parameters import TcpSettings
from kbview.packet.frame import Flow
from kbview.packet.tcp import ACK, RST, SYN
from kbview.tape.events import ConnectionQueued

LISTENER_LINES = 4  # lock, accept queue, its length, the table of half-open connections
EPOLL_LINES = 3  # lock, ready list, the socket's item


@dataclass(frozen=True, kw_only=True)
class ListenSettings(TcpSettings):
    """How listening sockets are shared among the threads of a server."""

    reuseport: Annotated[
        bool,
        meaning("whether each thread has sockets of its own (SO_REUSEPORT), or all share them"),
    ] = True


class ListenPort:
    """One accept queue, with a listening socket in the table of each reader."""

    def __init__(
        self, machine: Machine, name: str, listener: Listener, tables: list[SocketTable]
    ) -> None:
        self.lock = Lock(machine.prices, LISTENER_LINES)
        self.sockets = [
            ListenSocket(table, name, listener, self.lock, Lock(machine.prices, EPOLL_LINES))
            for table in tables
        ]
        for socket in self.sockets:
            socket.shown = self.sockets[0]
        tables[0].add(self.sockets[0])

    @property
    def first(self) -> ListenSocket:
        """The socket that is metered."""
        return self.sockets[0]


class Listening:
    """The listening sockets, each made at the first SYN for it."""

    def __init__(self, machine: Machine, sockets: SocketGroup, settings: ListenSettings) -> None:
        self._machine = machine
        self._recorder = machine.recorder
        self._sockets = sockets
        self._settings = settings
        self._request = machine.prices.step("tcp_conn_request")
        self._child = machine.prices.step("tcp_create_child")
        self._callback = machine.prices.step("ep_poll_callback")
        self._ports: dict[tuple[str, int], ListenPort] = {}

    def listener_of(self, flow: Flow) -> Listener | None:
        """The listener that answers a SYN of this flow; None where the port is closed."""
        if not self._sockets.table_of(flow).listens(flow.destination_port):
            return None
        return self._port_of(flow).first.listener

    def _port_of(self, flow: Flow) -> ListenPort:
        table, number = self._sockets.table_of(flow), flow.destination_port
        suffix = table.suffix if self._settings.reuseport else ""
        port = self._ports.get((suffix, number))
        if port is None:
            tables = [table] if self._settings.reuseport else self._sockets.tables
            listener = Listener(number, self._settings.somaxconn)
            port = ListenPort(self._machine, f"tcp :{number} accept{suffix}", listener, tables)
            self._ports[suffix, number] = port
        return port

    def overflowed(self, flow: Flow) -> None:
        """A SYN was dropped because the queue is full."""
        self._port_of(flow).first.overflows += 1

    def lock_for(self, flow: Flow, segment: Segment, known: ConnectionEntry | None) -> Lock | None:
        """The lock for a SYN and for later segments of a handshake; None for other segments."""
        asked = known is None and segment.flags & (SYN | ACK | RST) == SYN
        half_open = known is not None and known.listener is not None
        if (asked or half_open) and self._sockets.table_of(flow).listens(flow.destination_port):
            return self._port_of(flow).lock
        return None

    def work(self, core: Core, entry: ConnectionEntry | None, segment: Segment, *, fresh: bool) -> None:
        """Remember a SYN, or make a socket at the end of a handshake; the caller holds the lock."""
        if entry is None:
            return
        if segment.flags & SYN:
            core.spend(self._request, frame_of(segment).packet)
        if fresh:
            self._establish(core, entry)

    def _establish(self, core: Core, entry: ConnectionEntry) -> None:
        """tcp_v4_syn_recv_sock: make a socket of a request and put it into the accept queue."""
        core.spend(self._child)
        port = self._port_of(entry.flow)
        self._queue(core, entry, port.first)
        for listening in port.sockets:
            listening.watch.take(core)
            core.spend(self._callback)
            listening.watch.release(core)
            listening.table.rouse(core, listening)

    def _queue(self, core: Core, entry: ConnectionEntry, listening: ListenSocket) -> None:
        settings, table = self._settings, listening.table
        name = connection_name(entry.flow) + (table.suffix if settings.reuseport else "")
        socket = StreamSocket(table, name, entry, settings.tcp_rcvbuf, settings.tcp_sndbuf)
        entry.owner = socket
        table.add(socket)
        listening.last_ps = core.now_ps
        if self._recorder.steps:
            now_ps, cpu, waiting = core.now_ps, core.number, listening.queued
            self._recorder.emit(
                ConnectionQueued(now_ps, cpu, listening.name, waiting, listening.listener.backlog)
            )
