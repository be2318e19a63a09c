"""Connections of one TCP thread: the TCP of protocol/tcp, run by a loop in user space.

    segment --> protocol/tcp --> ring, event      job --> protocol/tcp --> segments      timer likewise

Flow table, listeners, pools and timers belong to this thread. mtcp/src/tcp_in.c, timer.c, core.c
"""

from heapq import nlargest

from kbview.emulator.datapaths.mtcp.output import Output
from kbview.emulator.datapaths.mtcp.queues import JobQueue
from kbview.emulator.datapaths.mtcp.stream_table import SOCKET_CLOSE, StreamTable
from kbview.emulator.datapaths.mtcp.tcp_stream import Item, PortListener, TcpStream, name_of
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.tcp import Outcome, Parameters, Segment
from kbview.emulator.protocol.tcp.endpoint import (
    LISTEN_OVERFLOW,
    ConnectionEntry,
    Listener,
    TcpEndpoint,
)
from kbview.emulator.protocol.tcp.header import frame_of
from kbview.emulator.protocol.tcp.parameters import TcpSettings
from kbview.emulator.protocol.tcp.state import OVER, ConnectionState
from kbview.packet.frame import Flow, Frame
from kbview.packet.tcp import SYN
from kbview.tape.events import NO_PACKET, ConnectionQueued
from kbview.tape.meter import RingMeter, SocketMeter

_AT_ONCE = 1 << 40  # segments: an ACK is due in the round of its segment, never later
_METERED = 16  # streams in a sample: the fullest, then the latest
_ENDED = (*OVER, ConnectionState.LISTEN)
_WRITABLE = (ConnectionState.ESTABLISHED, ConnectionState.CLOSE_WAIT)


class ConnectionTable(StreamTable):
    """The application leaves jobs; `output` gets the segments to send."""

    def __init__(self, machine: Machine, core: Core, output: Output, settings: TcpSettings) -> None:
        super().__init__(machine, core)
        self._jobs = JobQueue(machine, core)
        self._output = output
        self._settings = settings
        parameters = Parameters(
            mss=settings.mss,
            rcvbuf=settings.tcp_rcvbuf,
            sack=False,  # TCP_OPT_SACK_ENABLED is FALSE
            quick_acks=_AT_ONCE,
            pingpong=False,
            acks_when_read=False,
        )
        self.endpoint = TcpEndpoint(parameters, self._listener_of, secret=1)
        self._listeners: dict[int, PortListener] = {}
        self._streams: dict[Flow, TcpStream] = {}
        step = machine.prices.step
        self._create, self._destroy = step("mtcp_create_stream"), step("mtcp_destroy_stream")
        self._job, self._expiry = step("mtcp_job"), step("mtcp_timer")

    # ---- listeners -------------------------------------------------------------------------

    def _listener_of(self, flow: Flow) -> Listener | None:
        port = flow.destination_port
        return None if port in self._settings.closed_ports else self._at(port).listener

    def _at(self, port: int) -> PortListener:
        found = self._listeners.get(port)
        if found is None:
            listener = Listener(port, self._settings.somaxconn)
            name = f"mtcp :{port} accept #{self.core.number}"
            found = self._listeners[port] = PortListener(name, listener)
        return found

    # ---- a segment in ----------------------------------------------------------------------

    def receive(self, frame: Frame) -> None:
        core, segment = self.core, frame.inner
        if not isinstance(segment, Segment):
            raise TypeError(f"frame {frame.packet} brings no segment")
        segment.carrier = frame
        entry, outcome, fresh = self.endpoint.arrive(frame.flow, segment, core.now_ps)
        self.end(frame, outcome)
        if entry is None:
            if outcome.reason == LISTEN_OVERFLOW:
                self._at(frame.flow.destination_port).overflows += 1
            self._output.add(frame.flow, outcome.segments)
            return
        if entry.owner is None and segment.flags & SYN:
            self._open(entry, frame.packet)
        if fresh:
            self._establish(entry, frame.packet)
        self._follow(entry, outcome, frame)

    def _open(self, entry: ConnectionEntry, packet: int) -> None:
        """CreateTCPStream: a SYN gets a stream from this thread's pool at once."""
        settings = self._settings
        self.core.spend(self._create, packet)
        stream = TcpStream(name_of(entry.flow), entry, settings.tcp_rcvbuf, settings.tcp_sndbuf)
        entry.owner = self._streams[entry.flow] = stream

    def _establish(self, entry: ConnectionEntry, packet: int) -> None:
        """Put the connection into the accept queue, with an event for its listener."""
        core, port = self.core, self._at(entry.flow.destination_port)
        if isinstance(entry.owner, TcpStream):
            entry.owner.established = True
        port.last_ps = core.now_ps
        if self.recorder.steps:
            now_ps, waiting, backlog = core.now_ps, port.queued, port.listener.backlog
            self.recorder.emit(ConnectionQueued(now_ps, core.number, port.name, waiting, backlog))
        self.events.add(port, packet)

    # ---- after a segment, a job or a timer -------------------------------------------------

    def _follow(self, entry: ConnectionEntry, outcome: Outcome, just: Frame | None = None) -> None:
        """Raise events, free acknowledged text, and leave segments for `output`."""
        self.tell_states(name_of(entry.flow), outcome)
        self.discard(outcome)
        stream = entry.owner
        if isinstance(stream, TcpStream):
            late = self.deliver(stream, outcome, just)
            self._acknowledge(stream, outcome)
            if stream.pending:
                self.events.add(stream, NO_PACKET if just is None else just.packet)
            if late:
                self.read(stream, late)
        self._output.add(entry.flow, outcome.segments)

    def _acknowledge(self, stream: TcpStream, outcome: Outcome) -> None:
        core, over = self.core, self._is_over(stream)
        stream.sent = max(0, stream.sent - outcome.acknowledged)
        if outcome.acknowledged:
            self.counts.send_acknowledged(core, stream.name, stream.send_queued)
        if over:
            stream.give_up()
        if over and (stream.closed or not stream.established):
            self._forget(stream)

    def _is_over(self, stream: TcpStream) -> bool:
        return stream.entry is None or stream.entry.connection.state in _ENDED

    def _forget(self, stream: TcpStream) -> None:
        """DestroyTCPStream: back to the pool."""
        if stream.entry is not None and self._streams.get(stream.entry.flow) is stream:
            del self._streams[stream.entry.flow]
            self.core.spend(self._destroy)

    # ---- the application's side ------------------------------------------------------------

    def read(self, stream: TcpStream, length: int) -> None:
        """Free `length` bytes of the ring; an ACK with the new window goes with the next round."""
        entry = stream.entry
        if entry is not None:
            outcome = entry.connection.read(length, self.core.now_ps)
            self.endpoint.settle(entry)
            self._output.add(entry.flow, outcome.segments)

    @property
    def has_jobs(self) -> bool:
        return bool(self._jobs.waiting)

    def ask(self, stream: TcpStream) -> None:
        self._jobs.add(stream)

    def work(self) -> None:
        """HandleApplicationCalls: all jobs since the last round."""
        for stream in self._jobs.take():
            self.core.spend(self._job)
            if stream.unsent:
                self._send(stream)
            if stream.closing and not stream.closed:
                self._close(stream)

    def _send(self, stream: TcpStream) -> None:
        entry = stream.entry
        if entry is None or entry.connection.state not in _WRITABLE:
            stream.give_up()
            return
        length, stream.unsent = stream.unsent, 0
        stream.sent += length
        outcome = entry.connection.send(length, self.core.now_ps)
        self.endpoint.settle(entry)
        self._follow(entry, outcome)

    def _close(self, stream: TcpStream) -> None:
        """Send a FIN after all written text, and drop unread text."""
        entry = stream.entry
        stream.closed = True
        self.leave(stream)
        if entry is None or self._is_over(stream):
            self._forget(stream)
            return
        outcome = entry.connection.close(self.core.now_ps)
        self.endpoint.settle(entry)
        self._follow(entry, outcome)

    # ---- timers ----------------------------------------------------------------------------

    @property
    def due_ps(self) -> int:
        return self.endpoint.due_ps

    def expire(self) -> None:
        while (expired := self.endpoint.expire(self.core.now_ps)) is not None:
            self.core.spend(self._expiry)
            self._follow(*expired)

    # ---- the end, and a panel's view -------------------------------------------------------

    def abandon(self) -> None:
        for entry in self.endpoint.entries.values():
            segments = entry.connection.tcb.receiver.order.segments
            for segment in segments:
                self.held -= 1
                self.drop(frame_of(segment), SOCKET_CLOSE)
            segments.clear()
        for stream in self._streams.values():
            self.leave(stream)
        self.endpoint.entries.clear()
        self._streams.clear()

    def rings(self) -> list[RingMeter]:
        return [*super().rings(), self._jobs.meter()]

    def meters(self) -> dict[str, SocketMeter]:
        """The fullest streams, then the streams that received last."""
        items: list[Item] = [*self._listeners.values(), *self._streams.values()]
        chosen = nlargest(_METERED, items, key=lambda each: (each.queued, each.last_ps))
        return {each.name: each.meter() for each in chosen}
