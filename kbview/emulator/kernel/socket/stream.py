"""Stream sockets: a listener's accept queue, and a connection's receive and send queues.

      softirq --> receive queue, charged by truesize --> recv()        rcvbuf, and the window from it
      send()  --> send queue, charged by truesize --> acknowledged     sndbuf; the wire takes from here

Linux: net/ipv4/tcp.c, net/ipv4/inet_connection_sock.c, net/core/stream.c
"""

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from kbview.emulator.kernel.skb import charge, packets, rest, truesize
from kbview.emulator.protocol.tcp.endpoint import ConnectionEntry, Listener
from kbview.emulator.protocol.tcp.recorded_window import TCP_RMEM_MAX
from kbview.packet.frame import Frame
from kbview.tape.meter import SocketMeter

if TYPE_CHECKING:
    from kbview.emulator.application import AppSession
    from kbview.emulator.hardware.contention import Lock
    from kbview.emulator.kernel.socket.socket_table import SocketTable


class ListenSocket:
    """A listening socket of one reader; readers may share its `listener` and `lock`."""

    stream = True

    def __init__(
        self,
        table: "SocketTable",
        name: str,
        listener: Listener,
        lock: "Lock",
        watch: "Lock",
    ) -> None:
        self.name = name
        self.listener = listener
        self.lock = lock
        self.shown = self  # whose meter all views of a queue count in
        self.watch = watch  # of the epoll instance that the reader waits with
        self.table = table
        self.is_ready = False
        self.packets: tuple[()] = ()
        self.last_ps = 0
        self.accepted = 0
        self.overflows = 0

    @property
    def queued(self) -> int:
        """The number of connections in the accept queue."""
        return len(self.listener.accept)

    @property
    def pending(self) -> bool:
        """Whether accept() would return a connection."""
        return bool(self.listener.accept)

    def meter(self) -> SocketMeter:
        """The meter in connections: waiting, backlog, accepted, refused."""
        waiting, backlog = len(self.listener.accept), self.listener.backlog
        return SocketMeter(self.name, waiting, backlog, waiting, self.accepted, self.overflows)


class Piece(NamedTuple):
    """Whole packets of an sk_buff that a call takes, `length` bytes; `skb` if no packet is left."""

    frames: tuple[Frame, ...]
    length: int
    skb: Frame | None


class QueuedSegment:
    """An sk_buff in the receive queue; `length` bytes of it, whole packets, are unread."""

    __slots__ = ("_left", "charge", "frame", "length")

    def __init__(self, frame: Frame, length: int) -> None:
        self.frame = frame
        self.length = length
        self.charge = charge(frame)
        self._left = list(packets(frame))

    @property
    def unread(self) -> Frame:
        """The unread packets as a frame."""
        return rest(self.frame, self._left)

    def take(self, limit: int, *, some: bool) -> Piece | None:
        """Take whole packets of at most `limit` bytes; with `some`, the first packet of any length."""
        if limit >= self.length or len(self._left) == 1:
            if self.length > limit and not some:
                return None
            return Piece(tuple(self._left), self.length, self.frame)
        count = length = 0
        for frame in self._left:
            if length + frame.payload > limit and (count or not some):
                break
            count += 1
            length += frame.payload
        if not count:
            return None
        taken = tuple(self._left[:count])
        del self._left[:count]
        self.length -= length
        return Piece(taken, length, None)


class StreamSocket:
    """The socket of a connection, with its receive and send queues.

    The receive buffer is twice the `tcp_rcvbuf` of the settings, and the window at most half of that:
    Linux tunes the buffer to hold what two round trips bring (tcp_rcv_space_adjust()), so unread text
    does not narrow the window at once. kbview's tuning ends there. Small segments that fill the buffer
    beyond its limit make it grow to their charge, up to the most of tcp_rmem. From then on their
    overhead narrows the window.

    `grown`: the buffer was too small once. `unwritten` are bytes that the application will write when
    the send buffer has room. `leaving`: it closes after them. `closed`: it has closed, and TCP ends the
    connection.
    """

    stream = True

    def __init__(
        self, table: "SocketTable", name: str, entry: ConnectionEntry, tcp_rcvbuf: int, sndbuf: int
    ) -> None:
        self.name = name
        self.entry = entry
        self.table = table
        self.rcvbuf = 2 * tcp_rcvbuf
        self.grown = False
        self.sndbuf = sndbuf
        self.is_ready = False
        self.packets: deque[QueuedSegment] = deque()
        self.queued = 0
        self.text = 0  # bytes of the receive queue
        self.received = 0
        self.drops = 0
        self.last_ps = 0
        self.eof = False
        self.error = ""
        self.closed = False
        self.unwritten = 0
        self.leaving = False
        self.send_queued = 0
        self._window_clamp = tcp_rcvbuf // 2
        self.session: AppSession | None = None
        self._unacknowledged: deque[list[int]] = deque()  # sk_buffs of the send queue: bytes, charge

    # ---- receive ---------------------------------------------------------------------------

    @property
    def room(self) -> int:
        """Bytes of text that the socket accepts, no more than the window clamp.

        Half of the free buffer, for the other half is overhead: tcp_win_from_space() with
        tcp_adv_win_scale 1. After the buffer was too small it is the share of text in the queue's
        charge, as tcp_grow_window() and since Linux 6.6 scaling_ratio have it.
        """
        free = max(0, self.rcvbuf - self.queued)
        small = self.grown and 2 * self.text < self.queued
        return min(self._window_clamp, free * self.text // self.queued if small else free // 2)

    def has_memory(self) -> bool:
        """Whether the socket takes a segment; a buffer over its limit grows to its charge before.

        Linux: tcp_prune_queue() and tcp_clamp_window(). tcp_collapse() is left out.
        """
        if self.queued > self.rcvbuf:
            self.rcvbuf = max(self.rcvbuf, min(self.queued, TCP_RMEM_MAX))
            self.grown = True
        return self.queued <= self.rcvbuf

    @property
    def pending(self) -> bool:
        """Whether recv(), send() or close() could do work now."""
        return (
            not self.closed
            and self.session is not None
            and (
                bool(self.packets)
                or self.eof
                or bool(self.error)
                or (self.unwritten > 0 and 3 * self.send_queued <= 2 * self.sndbuf)
            )
        )

    def enqueue(self, frame: Frame, length: int, now_ps: int) -> None:
        """Append to the receive queue."""
        received = QueuedSegment(frame, length)
        self.packets.append(received)
        self.queued += received.charge
        self.text += length
        self.received += 1
        self.last_ps = now_ps

    def dequeue(self, limit: int) -> list[Piece]:
        """Take whole packets of at most `limit` bytes together, but at least one."""
        taken: list[Piece] = []
        while self.packets:
            piece = self.packets[0].take(limit, some=not taken)
            if piece is None:
                break
            taken.append(piece)
            limit -= piece.length
            self.text -= piece.length
            if piece.skb is None:
                break
            self.queued -= self.packets.popleft().charge
        return taken

    def dequeue_all(self) -> list[Frame]:
        """Remove and return all frames of the receive queue, unread."""
        unread = [received.unread for received in self.packets]
        self.packets.clear()
        self.queued = self.text = 0
        return unread

    # ---- send ------------------------------------------------------------------------------

    def write(self, length: int, mss: int) -> int:
        """Put up to `length` bytes into the send queue; returns the number of new sk_buffs."""
        count = 0
        while length > 0 and self.send_queued < self.sndbuf:
            text = min(length, mss)
            charge = truesize(text)
            self._unacknowledged.append([text, charge])
            self.send_queued += charge
            length -= text
            count += 1
        self.unwritten = length
        return count

    def acknowledged(self, length: int) -> int:
        """The peer has acknowledged `length` bytes; returns the number of sk_buffs to free."""
        count = 0
        while length > 0 and self._unacknowledged:
            first = self._unacknowledged[0]
            if first[0] > length:
                first[0] -= length
                break
            length -= first[0]
            self.send_queued -= first[1]
            self._unacknowledged.popleft()
            count += 1
        return count

    @property
    def buffers(self) -> int:
        """sk_buffs in both queues."""
        return len(self.packets) + len(self._unacknowledged)

    def purge(self) -> int:
        """Empty the send queue; returns the number of its sk_buffs."""
        count = len(self._unacknowledged)
        self._unacknowledged.clear()
        self.send_queued = self.unwritten = 0
        return count

    def meter(self) -> SocketMeter:
        """The meter of the socket."""
        return SocketMeter(
            self.name,
            self.queued,
            self.rcvbuf,
            len(self.packets),
            self.received,
            self.drops,
            self.send_queued,
        )
