"""TCP clients: each opens a connection, sends requests, reads the answers, closes, and opens the next.

    SYN --> | <-- SYN, ACK | ACK, request --> | <-- answer | ... `requests` times | FINs | think

The clients run the same TCP as the host, on ideal machines: no CPU time, a large window, immediate
reads. The network path loses and delays segments. A client has one connection at a time, so the number
of clients bounds the number of connections: a closed loop.
"""

from collections.abc import Iterator
from functools import partial
from itertools import count
from typing import NamedTuple

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import NetworkPath, Peer, Timer
from kbview.emulator.protocol.tcp import Connection, ConnectionState, Outcome, Parameters, Segment
from kbview.emulator.protocol.tcp.endpoint import ConnectionEntry, TcpEndpoint
from kbview.emulator.protocol.tcp.header import frame_length
from kbview.emulator.protocol.tcp.state import OVER
from kbview.emulator.traffic.flows import client_flow
from kbview.packet.frame import Flow, Frame, Protocol

PORTS = 40_000  # source ports, used in turn
_BUFFER = 1 << 30  # bytes written ahead; half of the sequence space is twice as much
_WRITABLE = (ConnectionState.ESTABLISHED, ConnectionState.CLOSE_WAIT)


class Offer(NamedTuple):
    """Number of clients, destination port, and the end: connections or frames; None is without end."""

    clients: int
    port: int
    connections: int | None
    frames: int | None


class Script(NamedTuple):
    """The exchange on a connection: `requests` times `request` bytes out and `response` bytes back.

    The host (`host_closes`) or the client closes after the last answer. A client does not wait for an
    answer of 0 bytes.
    """

    request: int
    response: int
    requests: int
    think_ps: int
    host_closes: bool


class ClientConnection:
    """A connection of a client: bytes still to read and to write, and the requests left."""

    __slots__ = ("began_ps", "closing", "flow", "left", "unread", "unwritten")

    def __init__(self, flow: Flow, requests: int, now_ps: int) -> None:
        self.flow = flow
        self.left = requests
        self.unread = 0
        self.unwritten = 0
        self.began_ps = now_ps
        self.closing = False


class Clients(Peer):
    """Counts `answered` requests, `finished` and `failed` connections, and `received` bytes."""

    speaks_tcp = True

    def __init__(
        self,
        nic: Nic,
        way: NetworkPath,
        offer: Offer,
        script: Script,
        parameters: Parameters,
        source_ports: Iterator[int],
    ) -> None:
        super().__init__(nic, way, count())
        self.answered = 0
        self.finished = 0
        self.failed = 0
        self.received = 0
        self._offer = offer
        self._script = script
        self._endpoint = TcpEndpoint(parameters, lambda _: None, secret=2)
        self._left = offer.connections
        self._made = 0  # frames
        self._source_ports = source_ports
        self._calls = count()
        self._flows: dict[int, tuple[Flow, Flow]] = {}
        self._timer: Timer | None = None
        self._timer_ps = NEVER_PS

    @property
    def connected(self) -> int:
        """Open connections. Without keep-alive, a client of a host that is gone waits for ever."""
        return len(self._endpoint.entries)

    def connections(self) -> list[Connection]:
        """The open connections, the oldest first."""
        return [entry.connection for entry in self._endpoint.entries.values()]

    def start(self) -> None:
        apart_ps = 2 * self.lookahead_ps // max(1, self._offer.clients)
        for number in range(self._offer.clients):
            self.call_at(number * apart_ps, self._call)

    # ---- connections -----------------------------------------------------------------------

    def _call(self) -> None:
        """Open a connection from the next free port."""
        if self._offer.frames is not None and self._made >= self._offer.frames:
            return
        if self._left is not None:
            if not self._left:
                return
            self._left -= 1
        out, back = self._next_flows()
        entry, outcome = self._endpoint.open(back, self.now_ps)
        entry.owner = ClientConnection(out, self._script.requests, self.now_ps)
        self._act(entry, outcome)
        self._arm()

    def _next_flows(self) -> tuple[Flow, Flow]:
        """The flow to the host and the flow from the host."""
        while True:
            number = next(self._calls) % PORTS
            if number not in self._flows:
                source_port = next(self._source_ports)
                out = client_flow(Protocol.TCP, number, self._offer.port, source_port=source_port)
                self._flows[number] = (out, _turned(out))
            flows = self._flows[number]
            if flows[1] not in self._endpoint.entries:
                return flows

    def receive(self, frame: Frame) -> None:
        flows = self._flows.get(frame.flow.number)
        segment = frame.inner
        if flows is None or not isinstance(segment, Segment):
            return
        entry, outcome, _ = self._endpoint.arrive(flows[1], segment, self.now_ps)
        if entry is None:
            self._send(flows[0], outcome)
        else:
            self._act(entry, outcome)
        self._arm()

    # ---- a client's actions ----------------------------------------------------------------

    def _act(self, entry: ConnectionEntry, outcome: Outcome) -> None:
        """Send the segments of the outcome, then take the client's next action."""
        call = entry.owner
        if not isinstance(call, ClientConnection):
            raise TypeError("a connection without a client")
        self._send(call.flow, outcome)
        if call.unwritten and outcome.acknowledged:
            self._write(entry, call)
        got = sum(segment.length for segment in outcome.delivered)
        if got:
            self.received += got
            call.unread += got
            self._act(entry, entry.connection.read(got, self.now_ps))
            self._endpoint.settle(entry)
        if any(after is ConnectionState.ESTABLISHED for _, after in outcome.changes):
            self._ask(entry, call)
        elif got:
            self._read(entry, call)
        self._end(entry, call, outcome)

    def _ask(self, entry: ConnectionEntry, call: ClientConnection) -> None:
        """Send a request, or close after the last request."""
        connection = entry.connection
        if connection.state not in _WRITABLE:
            return
        if call.left:
            call.left -= 1
            call.unwritten += self._script.request
            self._write(entry, call)
        elif not self._script.response:
            self._close(entry, call)

    def _write(self, entry: ConnectionEntry, call: ClientConnection) -> None:
        """Write as many bytes as the send buffer takes; close after the last request."""
        connection = entry.connection
        length = min(call.unwritten, _BUFFER - connection.tcb.sender.queued)
        if length > 0 and connection.state in _WRITABLE:
            call.unwritten -= length
            outcome = connection.send(length, self.now_ps)
            self._endpoint.settle(entry)
            self._act(entry, outcome)
        if not (call.unwritten or call.left or self._script.response):
            self._close(entry, call)

    def _read(self, entry: ConnectionEntry, call: ClientConnection) -> None:
        while self._script.response and call.unread >= self._script.response:
            call.unread -= self._script.response
            self.answered += 1
            if call.left:
                self._ask(entry, call)
            elif not self._script.host_closes:
                self._close(entry, call)

    def _close(self, entry: ConnectionEntry, call: ClientConnection) -> None:
        if not call.closing and entry.connection.state in _WRITABLE:
            call.closing = True
            outcome = entry.connection.close(self.now_ps)
            self._endpoint.settle(entry)
            self._act(entry, outcome)

    def _end(self, entry: ConnectionEntry, call: ClientConnection, outcome: Outcome) -> None:
        """Close after the host has closed. After the end of a connection: think, and open another."""
        if entry.connection.state is ConnectionState.CLOSE_WAIT:
            self._close(entry, call)
        if any(after in OVER for _, after in outcome.changes) and call.began_ps >= 0:
            call.began_ps = -1
            self.failed += bool(outcome.error)
            self.finished += not outcome.error
            self.call_at(self.now_ps + self._script.think_ps, self._call)

    # ---- the wire and the clock ------------------------------------------------------------

    def _send(self, flow: Flow, outcome: Outcome) -> None:
        for segment in outcome.segments:
            length = frame_length(segment)
            packet = next(self.packets)
            self._made += 1
            frame = Frame(self.now_ps, packet, length, flow, segment.length, segment.flags, "", segment)
            self.send(frame)

    def _arm(self) -> None:
        """Set the timer that all connections share to the earliest due time."""
        due_ps = self._endpoint.due_ps
        if due_ps == self._timer_ps:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_ps = due_ps
        self._timer = None
        if due_ps < NEVER_PS:
            self._timer = self.call_at(due_ps, partial(self._expire, due_ps))

    def _expire(self, due_ps: int) -> None:
        self._timer, self._timer_ps = None, NEVER_PS
        while (expired := self._endpoint.expire(due_ps)) is not None:
            self._act(*expired)
        self._arm()


def _turned(flow: Flow) -> Flow:
    return Flow(
        flow.number,
        flow.protocol,
        flow.destination,
        flow.source,
        flow.destination_port,
        flow.source_port,
        flow.destination_mac,
        flow.source_mac,
        flow.rss_hash,
    )
