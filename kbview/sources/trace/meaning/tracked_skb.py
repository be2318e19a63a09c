"""Packets on their way through the kernel, tracked by the address of their sk_buff, and socket queues.

From its first tracepoint to its last a packet is where its sk_buff is; the address then goes to
another packet. No tracepoint tells that TCP frees an acknowledgement (__kfree_skb). Such an end is
noticed when the address comes again, or after a while. A tracked packet knows the queue in which it
waits, and a queue its packets.

A queue's truesize is that of the sk_buff as it came up from the device. The kernel may change it later
(skb_condense). The limit is the system's default until sock_rcvqueue_full or sock_diag gives it.
"""

from collections import deque
from collections.abc import Iterator

import msgspec

from kbview.tape.meter import SocketMeter
from kbview.tape.vocabulary import Place

_IP_AND_UDP = 28  # bytes, IPv4 without options; with IPv6 a datagram's payload is 20 less still
ETHERNET_HEADER = 14
LONGEST = 1 << 20  # bytes; no sk_buff is longer, whatever a record says
_LOOPBACK = "lo"
_LOOSE_PS = 20_000_000_000  # 20 ms: longer than any task keeps a socket's lock, so TCP had its turn


class TrackedSkb(msgspec.Struct, gc=False, eq=False):
    """One packet. `length` is that of its frame as the interface counts it, `network` that of its IP
    packet, in bytes.

    `layer` is the highest that is known to have had it. `socket` is where it waits to be read,
    `home` where it will be once TCP has put it in order.
    """

    packet: int
    skb: int | str
    arrived_ps: int
    length: int
    network: int = 0
    truesize: int = 0
    hash: int = 0
    layer: Place = Place.IP
    payload: int | None = None
    seen_ps: int = 0
    socket: "SocketQueue | None" = None
    home: "SocketQueue | None" = None
    merged: "list[TrackedSkb] | None" = None
    ended: bool = False
    freed: bool = False  # its sk_buff was: whoever had it in a queue has read it
    loose: bool = False  # it climbed the layers to the end, and no tracepoint told more
    backlogged: bool = False  # came through the backlog, which is worked off one by one


def link_header(device: str) -> int:
    """Bytes of link header that an interface counts: loopback_xmit() counts none."""
    return 0 if device == _LOOPBACK else ETHERNET_HEADER


def counted_length(network: int, header: int) -> int:
    """A frame's bytes as its interface counts them: without FCS (rx_bytes in linux/if_link.h)."""
    return max(0, min(network, LONGEST) + header)


class TrackedSkbs:
    """The packets under way, by the address of their sk_buff."""

    def __init__(self, numbers: Iterator[int]) -> None:
        self.by_skb: dict[int | str, TrackedSkb] = {}
        self._numbers = numbers
        self._loose: deque[tuple[int, TrackedSkb]] = deque()

    def number(self) -> int:
        """The next packet's number."""
        return next(self._numbers)

    def begin(self, tracked: TrackedSkb) -> None:
        """Follow it from here on."""
        self.by_skb[tracked.skb] = tracked

    def end(self, tracked: TrackedSkb) -> None:
        """Its address belongs to nobody now."""
        tracked.ended = True
        if self.by_skb.get(tracked.skb) is tracked:
            del self.by_skb[tracked.skb]

    def loosen(self, tracked: TrackedSkb, time_ps: int) -> None:
        """No tracepoint told its end so far; the packet may yet turn up."""
        tracked.loose = True
        self._loose.append((time_ps, tracked))

    def under_way(self) -> list[TrackedSkb]:
        """The packets with an sk_buff, and the packets that lost theirs and may yet be read."""
        loose = [tracked for _, tracked in self._loose if not tracked.ended]
        return list({tracked.packet: tracked for tracked in [*self.by_skb.values(), *loose]}.values())

    def last_loose(self) -> TrackedSkb | None:
        """The packet that was loosened last; None if it has turned up or ended."""
        tracked = self._loose[-1][1] if self._loose else None
        return tracked if tracked and not tracked.ended and tracked.socket is None else None

    def unseen(self, now_ps: int) -> Iterator[TrackedSkb]:
        """The loosened packets that have not turned up for 20 ms and wait in no socket."""
        loose = self._loose
        while loose and loose[0][0] + _LOOSE_PS <= now_ps:
            _, tracked = loose.popleft()
            if not tracked.ended and (tracked.socket is None or tracked.freed):
                yield tracked


class SocketQueue:
    """One socket's receive queue. `key` names it on the tape, `name` on the screen.

    `several`: one queue for all datagram sockets, in a trace that does not tell them apart.
    """

    def __init__(self, key: str, rcvbuf: int, *, stream: bool = False, several: bool = False) -> None:
        self.key = self.name = key
        self.stream = stream
        self.several = several
        self.queued = 0
        self.rcvbuf = rcvbuf
        self.received = 0
        self.drops = 0
        self.unsent: int | None = None  # bytes not acknowledged, where somebody else knows it
        self.tracked_skbs: deque[TrackedSkb] = deque()
        self.reader: tuple[int, int | None] | None = None  # task and, if known, descriptor of a read
        self._read = 0  # bytes read of the first segment

    def put(self, tracked: TrackedSkb) -> None:
        """A packet waits here now."""
        tracked.socket = self
        self.tracked_skbs.append(tracked)
        self.queued += tracked.truesize
        self.received += 1

    def discard(self, tracked: TrackedSkb) -> None:
        """It left the queue, unread or by itself."""
        if tracked.socket is not self:
            return
        tracked.socket = None
        self.queued -= tracked.truesize
        if self.tracked_skbs and self.tracked_skbs[0] is tracked:
            self.tracked_skbs.popleft()
            self._read = 0
        else:
            self.tracked_skbs.remove(tracked)

    def take(self, length: int) -> list[TrackedSkb]:
        """The packets that a read of `length` bytes emptied: a datagram, or segments byte by byte."""
        return self._take_bytes(length) if self.stream else self._take_datagram(length)

    def _take_datagram(self, length: int) -> list[TrackedSkb]:
        for tracked in self.tracked_skbs:
            payload = max(0, tracked.network - _IP_AND_UDP)
            if length == payload or (length < payload and not self.several):
                self.discard(tracked)
                return [tracked]
            if not self.several:
                break  # it was in the queue before we began to look
        return []

    def _take_bytes(self, length: int) -> list[TrackedSkb]:
        taken: list[TrackedSkb] = []
        self._read += length
        while self.tracked_skbs and (payload := self.tracked_skbs[0].payload) is not None:
            if payload > self._read:
                return taken
            left = self._read - payload
            taken.append(self.tracked_skbs[0])
            self.discard(self.tracked_skbs[0])
            self._read = left
        self._read = 0
        return taken

    def take_before(self, tracked: TrackedSkb) -> list[TrackedSkb]:
        """All up to and with `tracked`, where no segment's payload is known."""
        taken: list[TrackedSkb] = []
        while tracked.socket is self:
            taken.append(self.tracked_skbs[0])
            self.discard(self.tracked_skbs[0])
        return taken

    def meter(self) -> SocketMeter:
        """The queue as a meter."""
        return SocketMeter(
            self.name,
            self.queued,
            self.rcvbuf,
            len(self.tracked_skbs),
            self.received,
            self.drops,
            self.unsent,
        )
