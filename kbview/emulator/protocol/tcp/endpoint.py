"""TCP of a host: listening ports, connections by flow, and the next timer.

    SYN --> half open, at most `backlog` --> last ACK --> accept queue, at most `backlog` --> accepted

A full queue drops the segment; the peer sends it again.
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
from kbview.emulator.protocol.tcp.state import ConnectionState
from kbview.emulator.protocol.tcp.timewait import TimeWait
from kbview.packet.frame import Flow
from kbview.packet.tcp import ACK, RST, SYN
from kbview.tape.vocabulary import DropReason

LISTEN_OVERFLOW = DropReason.TCP_LISTEN_OVERFLOW
_NOT_YET = (ConnectionState.SYN_RECEIVED, ConnectionState.LISTEN, ConnectionState.CLOSED)


class ConnectionEntry:
    """A connection and the flow that it receives. `owner` belongs to the user of the endpoint.

    `listener` is set while the connection is half open.
    """

    __slots__ = ("connection", "flow", "listener", "owner", "scheduled_ps")

    def __init__(self, flow: Flow, connection: Connection, listener: "Listener | None") -> None:
        self.flow = flow
        self.connection = connection
        self.listener = listener
        self.owner: object = None
        self.scheduled_ps = NEVER_PS


class Listener:
    """A listening port. `half_open` counts handshakes; `accept` is the accept queue."""

    __slots__ = ("accept", "backlog", "half_open", "port")

    def __init__(self, port: int, backlog: int) -> None:
        self.port = port
        self.backlog = backlog
        self.half_open = 0
        self.accept: deque[ConnectionEntry] = deque()


class Arrived(NamedTuple):
    """The result of a segment: its connection or None; `fresh` if it joined the accept queue now."""

    entry: ConnectionEntry | None
    outcome: Outcome
    fresh: bool = False


class TcpEndpoint:
    """`listener_of` gives the listener of a flow or None; `secret` varies initial sequence numbers."""

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
        """SEGMENT ARRIVES: pass it to its connection or its listener, or refuse it."""
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
                return Arrived(entry, _dropped(LISTEN_OVERFLOW))  # the connection stays half open
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
                self.waits[flow] = wait  # moves to the end
        return outcome

    def initial(self, flow: Flow, now_ps: int) -> int:
        """An initial sequence number from a clock of 4 us and the flow (RFC 6528)."""
        return (now_ps // 4_000_000 + flow.rss_hash * 2_654_435_761 + self._secret) & 0xFFFFFFFF

    def open(self, flow: Flow, now_ps: int) -> tuple[ConnectionEntry, Outcome]:
        """Active OPEN; `flow` is the flow from the peer."""
        connection = Connection(self.parameters, self.initial(flow, now_ps))
        self.waits.pop(flow, None)
        entry = self.entries[flow] = ConnectionEntry(flow, connection, None)
        outcome = connection.open(now_ps)
        self.schedule(entry)
        return entry, outcome

    # ---- after every call ------------------------------------------------------------------

    def settle(self, entry: ConnectionEntry) -> None:
        """After each call of a connection: remove it if closed, keep only its wait in TIME-WAIT."""
        connection = entry.connection
        state = connection.state
        if state is ConnectionState.TIME_WAIT and not connection.tcb.receiver.ack_now:
            self.waits[entry.flow] = TimeWait(connection.tcb)
            self._forget(entry)
        elif state in (ConnectionState.CLOSED, ConnectionState.LISTEN):
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
        """Note the due time of the connection's next timer, if it is earlier than the noted time."""
        due_ps = entry.connection.due_ps
        if due_ps < entry.scheduled_ps:
            entry.scheduled_ps = due_ps
            heappush(self._timers, (due_ps, next(self._order), entry))

    @property
    def due_ps(self) -> int:
        """Due time of the next timer, ps; NEVER_PS if none runs. TIME-WAIT counts as no timer."""
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
        """Expire the first timer that is due by `now_ps`; None if no timer is due."""
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
