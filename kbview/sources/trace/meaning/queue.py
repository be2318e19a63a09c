"""Socket queues, as far as tracepoints tell: what sk_data_ready put in, and a read took out.

The truesize is what the sk_buff had when it came up from the device; the kernel may change it later
(skb_condense). The limit is the system's default until sock_rcvqueue_full or sock_diag tells it.
"""

from collections import deque

from kbview.sources.trace.meaning.flight import Flight
from kbview.tape.meter import SocketMeter

_IP_AND_UDP = 28  # bytes, IPv4 without options; with IPv6 a datagram's payload is 20 less still


class SocketQueue:
    """One socket's receive queue. `key` names it on the tape, `name` on the screen.

    `several`: those of all datagram sockets together, in a trace that does not tell them apart.
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
        self.flights: deque[Flight] = deque()
        self.reader: tuple[int, int] | None = None  # task and descriptor of its last read
        self._read = 0  # bytes read of the first segment

    def put(self, flight: Flight) -> None:
        """A packet waits here now."""
        flight.socket = self
        self.flights.append(flight)
        self.queued += flight.truesize
        self.received += 1

    def discard(self, flight: Flight) -> None:
        """It left the queue, unread or by itself."""
        if flight.socket is not self:
            return
        flight.socket = None
        self.queued -= flight.truesize
        if self.flights and self.flights[0] is flight:
            self.flights.popleft()
            self._read = 0
        else:
            self.flights.remove(flight)

    def take(self, length: int) -> list[Flight]:
        """What a read of `length` bytes has emptied: one datagram, or segments byte by byte."""
        return self._take_bytes(length) if self.stream else self._take_datagram(length)

    def _take_datagram(self, length: int) -> list[Flight]:
        for flight in self.flights:
            payload = max(0, flight.network - _IP_AND_UDP)
            if length == payload or (length < payload and not self.several):
                self.discard(flight)
                return [flight]
            if not self.several:
                break  # it was in the queue before we began to look
        return []

    def _take_bytes(self, length: int) -> list[Flight]:
        taken: list[Flight] = []
        self._read += length
        while self.flights and (payload := self.flights[0].payload) is not None:
            if payload > self._read:
                return taken
            left = self._read - payload
            taken.append(self.flights[0])
            self.discard(self.flights[0])
            self._read = left
        self._read = 0
        return taken

    def take_before(self, flight: Flight) -> list[Flight]:
        """All up to and with `flight`, where no segment's payload is known."""
        taken: list[Flight] = []
        while flight.socket is self:
            taken.append(self.flights[0])
            self.discard(self.flights[0])
        return taken

    def meter(self) -> SocketMeter:
        """What a panel draws of it."""
        return SocketMeter(
            self.name,
            self.queued,
            self.rcvbuf,
            len(self.flights),
            self.received,
            self.drops,
            self.unsent,
        )
