"""Who listens: one socket a port and reader, whose accept queue connections wait in.

Several readers listen at the same port, each with a queue of its own (SO_REUSEPORT).
Linux: net/ipv4/inet_connection_sock.c, inet_hashtables.c
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.segments import connection_name
from kbview.emulator.kernel.socket import SocketGroup
from kbview.emulator.kernel.stream import ListenSocket, StreamSocket
from kbview.emulator.protocol.tcp.endpoint import Entry, Listener
from kbview.emulator.settings import Settings
from kbview.packet.frame import Flow
from kbview.tape.events import ConnectionQueued


class Listening:
    """The listening sockets, made when somebody first calls."""

    def __init__(self, machine: Machine, sockets: SocketGroup, settings: Settings) -> None:
        self._recorder = machine.recorder
        self._sockets = sockets
        self._settings = settings
        self._child = machine.prices.step("tcp_create_child")
        self._listening: dict[tuple[str, int], ListenSocket] = {}

    def listener_of(self, flow: Flow) -> Listener | None:
        """Who answers a SYN of this flow; None for nobody."""
        if not self._sockets.table_of(flow).listens(flow.destination_port):
            return None
        return self._socket_of(flow).listener

    def _socket_of(self, flow: Flow) -> ListenSocket:
        table, port = self._sockets.table_of(flow), flow.destination_port
        socket = self._listening.get((table.suffix, port))
        if socket is None:
            listener = Listener(port, self._settings.somaxconn)
            socket = ListenSocket(table, f"tcp :{port} accept{table.suffix}", listener)
            self._listening[table.suffix, port] = socket
            table.add(socket)
        return socket

    def overflowed(self, flow: Flow) -> None:
        """A SYN was turned away."""
        self._socket_of(flow).overflows += 1

    def establish(self, core: Core, entry: Entry) -> None:
        """tcp_v4_syn_recv_sock: a request becomes a socket, and waits to be accepted."""
        core.spend(self._child)
        settings, listening = self._settings, self._socket_of(entry.flow)
        table = listening.table
        name = connection_name(entry.flow) + table.suffix
        socket = StreamSocket(table, name, entry, settings.tcp_rcvbuf, settings.tcp_sndbuf)
        entry.owner = socket
        table.add(socket)
        listening.last_ps = core.now_ps
        if self._recorder.steps:
            now_ps, cpu, waiting = core.now_ps, core.number, len(listening.listener.accept)
            self._recorder.emit(
                ConnectionQueued(now_ps, cpu, listening.name, waiting, listening.listener.backlog)
            )
        table.rouse(core, listening)
