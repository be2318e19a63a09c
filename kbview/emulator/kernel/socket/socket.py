"""A socket: a receive queue that is charged by truesize. A flow finds its socket in socket_table.py.

Linux: net/ipv4/udp.c __udp_enqueue_schedule_skb(), net/ipv4/tcp_input.c tcp_data_queue()
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from kbview.emulator.hardware.placement import FROM_REMOTE
from kbview.emulator.kernel.skb import RX_BUFFER, SMALLEST, cut, skbs
from kbview.emulator.kernel.skb import charge as charge_of
from kbview.emulator.protocol.tcp.recorded_window import TCP_RMEM_MAX
from kbview.packet.frame import parts
from kbview.tape.meter import SocketMeter
from kbview.tape.vocabulary import DropReason, Place

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kbview.emulator.cost import Step
    from kbview.emulator.hardware.core import Core
    from kbview.emulator.kernel.socket.socket_table import SocketTable
    from kbview.packet.frame import Flow, Frame

# Enum members that a packet needs: a look-up in the class costs more than a call.
_TCP_ZEROWINDOW = DropReason.TCP_ZEROWINDOW
_SOCKET_RCVBUFF = DropReason.SOCKET_RCVBUFF
_SOCKET = Place.SOCKET

# A read's steps for a datagram of a receive queue, by the distance to the core that queued it. From
# another node come two lines of the sk_buff and the first line of the payload. Of a stream the first
# step is a step of the call: tcp_recvmsg.
TAKES = (
    ("socket_recv", "copy_to_user", "skb_free"),
    ("socket_recv", "skb_lines", "copy_to_user", "skb_free"),
    ("socket_recv", "skb_lines", FROM_REMOTE, FROM_REMOTE, FROM_REMOTE, "copy_to_user", "skb_free"),
)


class Socket:
    """A socket with its receive queue. `queued` is its charge, bytes of truesize, at most `rcvbuf`.

    Softirq wrote the sk_buff, so its cache lines are in the caches of the softirq's core. A reader on
    another core waits for them; `distance` is the way of the packet that was taken last. Packets are
    numbered as they are queued; `_turns` has the first number of each stretch of equal distance.
    """

    def __init__(self, table: SocketTable, name: str, stream: bool, rcvbuf: int) -> None:
        self.name = name
        self.stream = stream
        self.rcvbuf = rcvbuf
        self.queued = 0
        self.packets: deque[tuple[Frame, int, int]] = deque()  # frame, charge, when
        self.distance = self.latest = 0  # of the packet that was taken last, and of the latest queued
        self._queuer = table.reader  # the core that queued the latest packet
        self._turns: deque[tuple[int, int]] = deque()
        self.joined = 0  # frames beyond one a packet, where several were put together
        self.bare = 0  # of the frames, those whose sk_buff is gone: GRO has merged them
        self.received = 0
        self.drops = 0
        self.last_ps = 0
        self.flows: set[Flow] = set()
        self.delivery: Step | None = None  # what bringing a packet here costs the softirq
        self.table = table

    def receive(self, core: Core, frame: Frame) -> None:
        """Append a packet to the receive queue and wake the reader; a full buffer drops the packet.

        The step was paid by the layers (net/layers.py). Linux: sock_queue_rcv_skb().
        """
        table = self.table
        length = frame.length
        charge = SMALLEST if length <= RX_BUFFER and not frame.inner else charge_of(frame)
        if self.queued + charge > self.rcvbuf and not (self.stream and self._grows(charge)):
            self.drops += 1
            reason = _TCP_ZEROWINDOW if self.stream else _SOCKET_RCVBUFF
            table.machine.books.drop(core, frame, _SOCKET, reason)
            table.cache.free(core, frame)
            return
        if core is not self._queuer:
            self._turn(core)
        self.queued += charge
        self.received += 1
        self.last_ps = core.now_ps
        self.packets.append((frame, charge, core.now_ps))
        if frame.inner is not None:
            self._join(frame, 1)
        if table.recorder.steps:
            table.counts.socket_queued(core, frame.packet, self.name, self.queued, self.rcvbuf)
        if len(self.packets) == 1:
            table.ready.append(self)
        if table.waiters.sleeper is not None:
            table.waiters.wake(core)

    def _grows(self, charge: int) -> bool:
        """Let a stream's buffer grow to its charge; False beyond the most of tcp_rmem.

        The recorded host's window admitted it. Linux: tcp_clamp_window(), tcp_rcv_space_adjust().
        """
        if self.queued + charge > TCP_RMEM_MAX:
            return False
        self.rcvbuf = self.queued + charge
        return True

    def _join(self, frame: Frame, sign: int) -> None:
        count = len(parts(frame))
        self.joined += sign * (count - 1)
        self.bare += sign * (count - len(skbs(frame)))

    def _turn(self, core: Core) -> None:
        """Note that `core` queues from here on."""
        self._queuer, distance = core, core.place.distance(self.table.reader.place)
        if distance != self.latest:
            self.latest = distance
            self._turns.append((self.received, distance))

    def head_distance(self) -> int:
        """The distance from the reader's core to the core that queued the first packet of the queue."""
        turns, taken = self._turns, self.received - len(self.packets)
        while turns and turns[0][0] <= taken:
            self.distance = turns.popleft()[1]
        return self.distance

    def alike(self) -> int:
        """How many packets from the first on are as far as it, after `head_distance()`."""
        if not self._turns:
            return len(self.packets)
        return self._turns[0][0] - self.received + len(self.packets)

    @property
    def is_half_full(self) -> bool:
        """Whether packets take half of the receive buffer or more: the reader is behind."""
        return 2 * self.queued >= self.rcvbuf

    def is_uniform(self, core: Core) -> bool:
        """Whether `core` queued all packets, from the same distance, and all are small."""
        if core is not self._queuer or self.queued != len(self.packets) * SMALLEST:
            return False
        self.head_distance()
        return not self._turns

    def extend(self, entries: Iterable[tuple[Frame, int, int]], count: int, core: Core) -> None:
        """As `receive`, for `count` small datagrams that fit while the reader is awake.

        They follow a packet that the same core has queued.
        """
        self.packets.extend(entries)
        self.queued += count * SMALLEST
        self.received += count
        self.last_ps = core.now_ps

    def take_run(self, count: int) -> None:
        """As `dequeue`, for `count` small datagrams; at most as many as are queued."""
        packets = self.packets
        self.queued -= count * SMALLEST
        if count == len(packets):
            packets.clear()
            return
        for _ in range(count):
            packets.popleft()

    def dequeue(self, core: Core, limit: int) -> list[Frame]:
        """Take one datagram, or whole sk_buffs of at most `limit` bytes together but at least one.

        A longer merged sk_buff gives whole packets; it stays queued until its last packet is taken.
        """
        packets = self.packets
        if self._turns:
            self.head_distance()
        if self.stream and packets[0][0].payload > limit and (piece := self._cut(limit)) is not None:
            return [piece]
        taken: list[Frame] = []
        while packets and (not taken or (self.stream and limit >= packets[0][0].payload)):
            frame, charge, _ = packets.popleft()
            self.queued -= charge
            limit -= frame.payload
            taken.append(frame)
            if frame.inner is not None:
                self._join(frame, -1)
            if self.table.recorder.steps:
                self.table.counts.socket_dequeued(core, frame.packet, self.name, self.queued)
        return taken

    def _cut(self, limit: int) -> Frame | None:
        """Cut the first packets off the first sk_buff; None where it cannot be cut."""
        whole, charge, queued_ps = self.packets[0]
        pieces = cut(whole, limit)
        if pieces is None:
            return None
        first, left = pieces
        self.packets[0] = (left, charge, queued_ps)
        self.joined -= len(parts(first))
        self.bare -= len(parts(first))
        return first

    def meter(self) -> SocketMeter:
        """The meter of the socket."""
        return SocketMeter(
            self.name, self.queued, self.rcvbuf, len(self.packets), self.received, self.drops
        )
