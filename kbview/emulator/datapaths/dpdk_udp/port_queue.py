"""The receive queues of one core: a queue for each UDP port, and the sockets that have datagrams.

Each lcore has a socket of its own for a port, as with SO_REUSEPORT, and RSS gives a flow to one lcore.
So a queue belongs to a single core and needs no lock.
Caladan: runtime/net/udp.c udp_conn_recv(), udp_read_from()
"""

from collections import deque
from collections.abc import Container
from heapq import nlargest

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.memory import MBUF
from kbview.packet.frame import Frame, parts
from kbview.tape.meter import SocketMeter

_METERED = 16  # sockets in a sample: the fullest, then the latest


class BoundPort:
    """A socket that is bound to a port. `frames` are queued datagrams, `mbufs` their buffers."""

    def __init__(self, name: str, most: int) -> None:
        self.name = name
        self.most = most
        self.frames: deque[Frame] = deque()
        self.mbufs = 0
        self.received = 0
        self.drops = 0
        self.last_ps = 0

    def meter(self) -> SocketMeter:
        """The meter of the socket: bytes of whole mbufs, as they are held."""
        return SocketMeter(
            self.name,
            self.mbufs * MBUF,
            self.most * MBUF,
            len(self.frames),
            self.received,
            self.drops,
        )


class PortQueues:
    """The sockets of one lcore. A port is bound at its first datagram unless it is in `closed`."""

    def __init__(
        self, core: Core, counts: WorkCounts, closed: Container[int], most: int, suffix: str
    ) -> None:
        self.ready: deque[BoundPort] = deque()  # sockets with datagrams, in the order of readiness
        self._core = core
        self._counts = counts
        self._closed = closed
        self._most = most
        self._suffix = suffix
        self._sockets: dict[int, BoundPort] = {}

    def find(self, port: int) -> BoundPort | None:
        """The socket of a port; None where the port is closed."""
        socket = self._sockets.get(port)
        if socket is None and port not in self._closed:
            socket = self._sockets[port] = BoundPort(f"udp :{port}{self._suffix}", self._most)
        return socket

    def enqueue(self, socket: BoundPort, frame: Frame) -> bool:
        """Append a datagram; False if the queue is full, and the caller drops the datagram."""
        if len(socket.frames) >= socket.most:
            socket.drops += 1
            return False
        if not socket.frames:
            self.ready.append(socket)
        socket.frames.append(frame)
        socket.mbufs += len(parts(frame))
        socket.received += 1
        socket.last_ps = self._core.now_ps
        self._counts.socket_queued(
            self._core, frame.packet, socket.name, socket.mbufs * MBUF, socket.most * MBUF
        )
        return True

    def dequeue(self) -> Frame:
        """Take a datagram of the socket that has been ready for longest."""
        socket = self.ready.popleft()
        frame = socket.frames.popleft()
        socket.mbufs -= len(parts(frame))
        if socket.frames:
            self.ready.append(socket)
        self._counts.socket_dequeued(self._core, frame.packet, socket.name, socket.mbufs * MBUF)
        return frame

    @property
    def held(self) -> int:
        """Frames that wait, each fragment of a datagram counted."""
        return sum(socket.mbufs for socket in self.ready)

    def meters(self) -> dict[str, SocketMeter]:
        """The meters of the fullest sockets; among equals, of the latest to receive."""
        chosen = nlargest(_METERED, self._sockets.values(), key=lambda each: (each.mbufs, each.last_ps))
        return {each.name: each.meter() for each in chosen}
