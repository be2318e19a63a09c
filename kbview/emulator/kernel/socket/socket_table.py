"""Tables in which a flow finds its socket.

    udp  one socket a port        tcp  one socket a connection

Every flow has a socket, unless its port is closed.
Linux: net/ipv4/udp.c __udp4_lib_lookup(), net/ipv4/inet_hashtables.c
"""

from collections import deque
from collections.abc import Container, Sequence
from heapq import nlargest

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.placed_flows import PlacedFlows
from kbview.emulator.kernel.socket.read_round import Round
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.kernel.socket.stream import ListenSocket, StreamSocket
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.packet.frame import Flow, Protocol, endpoint
from kbview.tape.meter import SocketMeter

__all__ = ["AnySocket", "Socket", "SocketTable"]

_METERED = 16  # sockets in a sample: the fullest, then the latest
_OPEN = 65_536  # connections kept; past that, connections with nothing queued are forgotten

AnySocket = Socket | ListenSocket | StreamSocket


class SocketTable:
    """The sockets of one reader, a thread on the core `reader`.

    `ready` has the readable sockets, in the order they became so. `deliverers`: how many cores fill a
    socket; 0 where the reader cannot know what they do meanwhile, and then packets come one by one.
    `receiving`: the reader has given way in its reading call, just before it looks at the queue.
    """

    def __init__(
        self,
        machine: Machine,
        reader: Core,
        cache: SkbCache,
        udp_rcvbuf: int,
        tcp_rcvbuf: int,
        closed: Container[int],
        suffix: str = "",
        deliverers: int = 0,
    ) -> None:
        self.machine = machine
        self.reader = reader
        self.counts = machine.counts
        self.recorder = machine.recorder
        self.cache = cache
        self.waiters = WaitQueue(machine)
        self.ready: deque[AnySocket] = deque()
        self.deliverers = deliverers
        self.placed = PlacedFlows(machine)
        # Between two looks of a reader at the queue, by the distance of the packets.
        self.shortest_reads_ps: tuple[int, ...] = (0, 0, 0)
        self.rounds: Sequence[Round] = ()  # by the same distance; () where no two reads are alike
        self.receiving = False
        self._rcvbuf = {Protocol.UDP: udp_rcvbuf, Protocol.TCP: tcp_rcvbuf}
        self._closed = closed
        self.suffix = suffix
        self._sockets: dict[str, AnySocket] = {}

    def find(self, flow: Flow) -> Socket | None:
        """The socket of a flow to this host; None where the port is closed."""
        if flow.destination_port in self._closed:
            return None
        stream = flow.protocol is Protocol.TCP
        name = f"{flow.protocol} :{flow.destination_port}"
        if stream:
            name += f" < {endpoint(flow.source, flow.source_port)}"
        name += self.suffix
        socket = self._sockets.get(name)
        if not isinstance(socket, Socket):
            socket = self.make(name, stream, self._rcvbuf[flow.protocol])
            self.add(socket)
        return socket

    def make(self, name: str, stream: bool, rcvbuf: int) -> Socket:
        """A socket for datagrams or for a captured stream."""
        return Socket(self, name, stream, rcvbuf)

    def listens(self, port: int) -> bool:
        """Whether a port is open."""
        return port not in self._closed

    def add(self, socket: AnySocket) -> None:
        """Add a new socket."""
        if len(self._sockets) >= _OPEN:
            self._forget_idle()
        self._sockets[socket.name] = socket

    def adopt(self, socket: StreamSocket) -> None:
        """Move an accepted connection to the table of the reader that accepted it."""
        if socket.table is not self:
            socket.table.remove(socket)
            socket.table = self
            self.add(socket)

    def remove(self, socket: StreamSocket) -> None:
        """Remove the socket of a closed connection."""
        self._sockets.pop(socket.name, None)

    def rouse(self, core: Core, socket: ListenSocket | StreamSocket) -> None:
        """Mark a stream as ready, and wake the reader if it sleeps."""
        if not socket.is_ready:
            socket.is_ready = True
            self.ready.append(socket)
        if self.waiters.sleeper is not None:
            self.waiters.wake(core)

    def _forget_idle(self) -> None:
        self._sockets = {name: each for name, each in self._sockets.items() if each.packets}

    @property
    def held(self) -> int:
        """Packets in the receive queues of datagrams and of captured streams."""
        return sum(len(each.packets) + each.joined for each in self.ready if isinstance(each, Socket))

    @property
    def buffers(self) -> int:
        """The sk_buffs of these packets."""
        return self.held - sum(each.bare for each in self.ready if isinstance(each, Socket))

    def meters(self) -> dict[str, SocketMeter]:
        """The meters of the fullest sockets; among equals, of the latest to receive."""
        chosen = nlargest(
            _METERED, self._sockets.values(), key=lambda each: (each.queued, each.last_ps)
        )
        return {each.name: each.meter() for each in chosen}
