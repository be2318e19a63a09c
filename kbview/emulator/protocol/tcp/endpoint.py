"""A host's TCP: who listens, all its connections by flow, and which timer is next.

    SYN --> half open, at most `backlog` --> last ACK --> accept queue, at most `backlog` --> accepted

Full queues drop what would go into them; the peer's TCP tries again.
Linux: net/ipv4/inet_hashtables.c, inet_connection_sock.c, tcp_minisocks.c
"""

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.tcp.connection import Connection
from kbview.emulator.protocol.tcp.outcome import Outcome
from kbview.emulator.protocol.tcp.parameters import Parameters
from kbview.emulator.protocol.tcp.segment import Segment, reset_for
from kbview.emulator.protocol.tcp.state import TcpState
from kbview.emulator.protocol.tcp.timewait import TimeWait
from kbview.packet.frame import Flow
from kbview.packet.tcp import ACK, RST, SYN
from kbview.tape.vocabulary import DropReason

LISTEN_OVERFLOW = DropReason.TCP_LISTEN_OVERFLOW
_NOT_YET = (TcpState.SYN_RECEIVED, TcpState.LISTEN, TcpState.CLOSED)


class ConnectionEntry:
    """A connection, the flow that it receives, and what its user keeps with it.

    `listener` is set while it is half open there.
    """

    __slots__ = ("connection", "flow", "listener", "owner", "scheduled_ps")

    def __init__(self, flow: Flow, connection: Connection, listener: "Listener | None") -> None:
        self.flow = flow
        self.connection = connection
        self.listener = listener
        self.owner: object = None
        self.scheduled_ps = NEVER_PS


class Listener:
    """A port that is listened on. `half_open` counts handshakes; `accept` are connections to be had."""

    __slots__ = ("accept", "backlog", "half_open", "port")

    def __init__(self, port: int, backlog: int) -> None:
        self.port = port
        self.backlog = backlog
        self.half_open = 0
        self.accept: deque[ConnectionEntry] = deque()


class Arrived(NamedTuple):
    """What came of a segment: its connection, if it has one; `fresh` if that is to be accepted now."""

    entry: ConnectionEntry | None
    outcome: Outcome
    fresh: bool = False


class TcpEndpoint:
    """`listener_of` says who listens for a flow, None for nobody; `secret` varies sequence numbers."""

    def __init__(
        self, parameters: Parameters, listener_of: Callable[[Flow], Listener | None], secret: int
    ) -> None:
        self.parameters = parameters
        self.entries: dict[Flow, ConnectionEntry] = {}
        self.waits: dict[Flow, TimeWait] = {}  # oldest first
        self._listener_of = listener_of
        self._secret = secret
        self._timers: list[tuple[int, int, ConnectionEntry]] = []
        self._order = count()

    # ---- segments --------------------------------------------------------------------------

    def arrive(self, flow: Flow, segment: Segment, now_ps: int) -> Arrived:
        """SEGMENT ARRIVES: at its connection, at who listens, or at nobody."""
        entry = self.entries.get(flow)
        if entry is not None:
            return self._at_connection(entry, segment, now_ps)
        wait = self.waits.get(flow)
        if wait is not None and not wait.reusable(segment):
            return Arrived(None, self._at_wait(flow, wait, segment, now_ps))
        listener = self._listener_of(flow)
        if listener is None or segment.flags & (SYN | ACK | RST) != SYN:
            return Arrived(
                None, _unknown(segment, DropReason.TCP_FLAGS if listener else DropReason.NO_SOCKET)
            )
        if len(listener.accept) >= listener.backlog or listener.half_open >= listener.backlog:
            return Arrived(None, _dropped(LISTEN_OVERFLOW))
        self.waits.pop(flow, None)
        return self._at_listener(listener, flow, segment, now_ps)

    def _at_listener(self, listener: Listener, flow: Flow, segment: Segment, now_ps: int) -> Arrived:
        connection = Connection(self.parameters, self.initial(flow, now_ps))
        opened = connection.listen()
        entry = self.entries[flow] = ConnectionEntry(flow, connection, listener)
        listener.half_open += 1
        outcome = connection.arrive(segment, now_ps)
        outcome.changes[:0] = opened.changes
        self.schedule(entry)
        return Arrived(entry, outcome)

    def _at_connection(self, entry: ConnectionEntry, segment: Segment, now_ps: int) -> Arrived:
        connection, listener = entry.connection, entry.listener
        if listener is not None:
            full = len(listener.accept) >= listener.backlog
            if full and not segment.flags & (SYN | RST):
                return Arrived(entry, _dropped(LISTEN_OVERFLOW))  # it stays half open
        outcome = connection.arrive(segment, now_ps)
        fresh = listener is not None and connection.state not in _NOT_YET
        if listener is not None and fresh:
            listener.half_open -= 1
            listener.accept.append(entry)
            entry.listener = None
        self.settle(entry)
        return Arrived(entry, outcome, fresh)

    def _at_wait(self, flow: Flow, wait: TimeWait, segment: Segment, now_ps: int) -> Outcome:
        due_ps = wait.due_ps
        outcome = wait.arrive(segment, now_ps)
        if wait.due_ps != due_ps:
            del self.waits[flow]
            if wait.due_ps > now_ps:
                self.waits[flow] = wait  # to the end again
        return outcome

    def initial(self, flow: Flow, now_ps: int) -> int:
        """An initial sequence number: a clock of 4 us and a number of the flow (RFC 6528)."""
        return (now_ps // 4_000_000 + flow.rss_hash * 2_654_435_761 + self._secret) & 0xFFFFFFFF

    def open(self, flow: Flow, now_ps: int) -> tuple[ConnectionEntry, Outcome]:
        """Active OPEN; `flow` is the one that is received."""
        connection = Connection(self.parameters, self.initial(flow, now_ps))
        self.waits.pop(flow, None)
        entry = self.entries[flow] = ConnectionEntry(flow, connection, None)
        outcome = connection.open(now_ps)
        self.schedule(entry)
        return entry, outcome

    # ---- after every call ------------------------------------------------------------------

    def settle(self, entry: ConnectionEntry) -> None:
        """A connection has moved on: forget it if it is over, keep it small if it only waits."""
        connection = entry.connection
        state = connection.state
        if state is TcpState.TIME_WAIT and not connection.tcb.receiver.ack_now:
            self.waits[entry.flow] = TimeWait(connection.tcb)
            self._forget(entry)
        elif state in (TcpState.CLOSED, TcpState.LISTEN):
            self._forget(entry)
        else:
            self.schedule(entry)

    def _forget(self, entry: ConnectionEntry) -> None:
        if self.entries.get(entry.flow) is entry:
            del self.entries[entry.flow]
        entry.scheduled_ps = -1
        if entry.listener is not None:
            entry.listener.half_open -= 1
            entry.listener = None

    # ---- timers ----------------------------------------------------------------------------

    def schedule(self, entry: ConnectionEntry) -> None:
        """Note when its next timer is due, if that is earlier than is noted."""
        due_ps = entry.connection.due_ps
        if due_ps < entry.scheduled_ps:
            entry.scheduled_ps = due_ps
            heappush(self._timers, (due_ps, next(self._order), entry))

    @property
    def due_ps(self) -> int:
        """When `expire` has something to do; NEVER_PS if no timer runs. TIME-WAIT asks for nothing."""
        timers = self._timers
        while timers:
            noted_ps, _, entry = timers[0]
            if noted_ps == entry.scheduled_ps:
                if entry.connection.due_ps <= noted_ps:
                    return noted_ps
                entry.scheduled_ps = NEVER_PS
                self.schedule(entry)
            heappop(timers)
        return NEVER_PS

    def expire(self, now_ps: int) -> tuple[ConnectionEntry, Outcome] | None:
        """Let the first timer that is due by now expire; None if none is."""
        self._end_waits(now_ps)
        if self.due_ps > now_ps:
            return None
        _, _, entry = heappop(self._timers)
        entry.scheduled_ps = NEVER_PS
        outcome = entry.connection.expire(now_ps)
        self.settle(entry)
        return entry, outcome

    def _end_waits(self, now_ps: int) -> None:
        while self.waits:
            flow, wait = next(iter(self.waits.items()))
            if wait.due_ps > now_ps:
                return
            del self.waits[flow]


def _unknown(segment: Segment, reason: str) -> Outcome:
    outcome = _dropped(reason)
    reset = reset_for(segment)
    if reset is not None:
        outcome.segments.append(reset)
    return outcome


def _dropped(reason: str) -> Outcome:
    outcome = Outcome()
    outcome.reason = reason
    return outcome
