"""A connection in mTCP: a ring buffer for what came and a send buffer for what goes, of bytes.

    frame -- copy 1 --> receive ring -- copy 2 --> application
    application -- copy --> send buffer -- copy --> frame

mtcp/src/tcp_ring_buffer.c, tcp_send_buffer.c, tcp_stream.c
"""

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from kbview.emulator.protocol.tcp.endpoint import Entry, Listener
from kbview.packet.frame import Flow, Frame, endpoint
from kbview.tape.meter import SocketMeter

if TYPE_CHECKING:
    from kbview.emulator.application import Session


class Received(NamedTuple):
    """A segment's text in the ring: `length` bytes of it were new."""

    frame: Frame
    length: int


class PortListener:
    """Who listens at a port, for one thread: its accept queue is nobody else's, so it needs no lock."""

    def __init__(self, name: str, listener: Listener) -> None:
        self.name = name
        self.listener = listener
        self.raised = False  # an event of it waits
        self.accepted = 0
        self.overflows = 0
        self.last_ps = 0

    @property
    def queued(self) -> int:
        """Connections that wait."""
        return len(self.listener.accept)

    def meter(self) -> SocketMeter:
        """Connections where others have bytes: those that wait, of the backlog; accepted; refused."""
        waiting, backlog = len(self.listener.accept), self.listener.backlog
        return SocketMeter(self.name, waiting, backlog, waiting, self.accepted, self.overflows)


class Stream:
    """One connection; `entry` is None of a capture's, to which nothing can be answered.

    `established`: it was put into an accept queue. `unsent` was written and TCP does not know of it
    yet, `sent` waits to be acknowledged; `unwritten` is what the application still has to write.
    `leaving`: it closes when all is written; `closing`: it has, and the TCP thread is to be told;
    `closed`: it was.
    """

    def __init__(self, name: str, entry: Entry | None, rcvbuf: int, sndbuf: int) -> None:
        self.name = name
        self.entry = entry
        self.rcvbuf = rcvbuf
        self.sndbuf = sndbuf
        self.raised = False  # an event of it waits
        self.listed = False  # a job of it waits
        self.received: deque[Received] = deque()
        self.queued = 0
        self.taken = 0  # segments, ever
        self.last_ps = 0
        self.eof = False
        self.error = ""
        self.established = False
        self.unsent = 0
        self.sent = 0
        self.unwritten = 0
        self.leaving = False
        self.closing = False
        self.closed = False
        self.session: Session | None = None

    @property
    def send_queued(self) -> int:
        """Bytes in the send buffer."""
        return self.unsent + self.sent

    @property
    def pending(self) -> bool:
        """Whether the application would find something to do."""
        return self.session is not None and not self.closing and self._has_something()

    def _has_something(self) -> bool:
        writable = self.unwritten > 0 and self.send_queued < self.sndbuf
        return bool(self.received) or self.eof or bool(self.error) or writable

    def put(self, frame: Frame, length: int, now_ps: int) -> None:
        """Text that is next lies in the ring."""
        self.received.append(Received(frame, length))
        self.queued += length
        self.taken += 1
        self.last_ps = now_ps

    def read(self, limit: int) -> list[Received]:
        """Take whole segments of at most `limit` bytes together, but at least one."""
        taken: list[Received] = []
        while self.received and (not taken or limit >= self.received[0].length):
            received = self.received.popleft()
            self.queued -= received.length
            limit -= received.length
            taken.append(received)
        return taken

    def write(self, length: int) -> int:
        """Put as much as there is room for into the send buffer; returns how much."""
        written = min(length, self.sndbuf - self.send_queued)
        self.unsent += written
        self.unwritten = length - written
        return written

    def give_up(self) -> None:
        """The connection is over: nobody will have what is left in the send buffer."""
        self.unsent = self.sent = self.unwritten = 0

    def meter(self) -> SocketMeter:
        """What a panel draws of it."""
        waiting = len(self.received)
        return SocketMeter(
            self.name, self.queued, self.rcvbuf, waiting, self.taken, 0, self.send_queued
        )


Item = Stream | PortListener


def name_of(received: Flow) -> str:
    """What a connection is called, by the flow that it receives."""
    remote = endpoint(received.source, received.source_port)
    return f"mtcp :{received.destination_port} < {remote}"
