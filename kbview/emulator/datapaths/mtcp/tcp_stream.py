"""A connection in mTCP: a receive ring and a send buffer, both of bytes.

    frame -- copy 1 --> receive ring -- copy 2 --> application
    application -- copy --> send buffer -- copy --> frame

mtcp/src/tcp_ring_buffer.c, tcp_send_buffer.c, tcp_stream.c
"""

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from kbview.emulator.protocol.tcp.endpoint import ConnectionEntry, Listener
from kbview.packet.frame import Flow, Frame, endpoint
from kbview.tape.meter import SocketMeter

if TYPE_CHECKING:
    from kbview.emulator.application import AppSession


class Received(NamedTuple):
    """The text of a frame's segment in the ring; `length` bytes of it were new."""

    frame: Frame
    length: int


class PortListener:
    """A listening port of one thread; its accept queue belongs to the thread, so it needs no lock."""

    def __init__(self, name: str, listener: Listener) -> None:
        self.name = name
        self.listener = listener
        self.raised = False  # an event waits for the application
        self.accepted = 0
        self.overflows = 0
        self.last_ps = 0

    @property
    def queued(self) -> int:
        """Connections in the accept queue."""
        return len(self.listener.accept)

    def meter(self) -> SocketMeter:
        """The accept queue as a socket: waiting, backlog, accepted, refused connections for bytes."""
        waiting, backlog = len(self.listener.accept), self.listener.backlog
        return SocketMeter(self.name, waiting, backlog, waiting, self.accepted, self.overflows)


class TcpStream:
    """A connection; `entry` is None for a stream of a capture, which sends no answers."""

    def __init__(self, name: str, entry: ConnectionEntry | None, rcvbuf: int, sndbuf: int) -> None:
        self.name = name
        self.entry = entry
        self.rcvbuf = rcvbuf
        self.sndbuf = sndbuf
        self.raised = False  # an event waits for the application
        self.listed = False  # a job waits for the TCP thread
        self.received: deque[Received] = deque()
        self.queued = 0
        self.taken = 0  # segments, ever
        self.last_ps = 0
        self.eof = False
        self.error = ""
        self.established = False  # it has been in an accept queue
        self.unwritten = 0  # bytes that the application has yet to write into the send buffer
        self.unsent = 0  # bytes in the send buffer that TCP has not got yet
        self.sent = 0  # bytes in the send buffer that wait for an acknowledgement
        self.leaving = False  # the application will close it when all is written
        self.closing = False  # the application has closed it: a job for the TCP thread
        self.closed = False  # the TCP thread has sent the FIN
        self.session: AppSession | None = None

    @property
    def send_queued(self) -> int:
        """Bytes in the send buffer."""
        return self.unsent + self.sent

    @property
    def pending(self) -> bool:
        """Whether the application can read, write or close."""
        return self.session is not None and not self.closing and self._has_something()

    def _has_something(self) -> bool:
        writable = self.unwritten > 0 and self.send_queued < self.sndbuf
        return bool(self.received) or self.eof or bool(self.error) or writable

    def put(self, frame: Frame, length: int, now_ps: int) -> None:
        """Append text that is in order to the ring."""
        self.received.append(Received(frame, length))
        self.queued += length
        self.taken += 1
        self.last_ps = now_ps

    def read(self, limit: int) -> list[Received]:
        """Take whole segments, `limit` bytes at most but at least one segment."""
        taken: list[Received] = []
        while self.received and (not taken or limit >= self.received[0].length):
            received = self.received.popleft()
            self.queued -= received.length
            limit -= received.length
            taken.append(received)
        return taken

    def write(self, length: int) -> int:
        """Put up to `length` bytes into the send buffer; returns how many had room."""
        written = min(length, self.sndbuf - self.send_queued)
        self.unsent += written
        self.unwritten = length - written
        return written

    def give_up(self) -> None:
        """The connection is over: forget the send buffer."""
        self.unsent = self.sent = self.unwritten = 0

    def meter(self) -> SocketMeter:
        """The stream as a panel draws it."""
        waiting = len(self.received)
        return SocketMeter(
            self.name, self.queued, self.rcvbuf, waiting, self.taken, 0, self.send_queued
        )


Item = TcpStream | PortListener


def name_of(received: Flow) -> str:
    """The name of a connection, from the flow that it receives."""
    remote = endpoint(received.source, received.source_port)
    return f"mtcp :{received.destination_port} < {remote}"
