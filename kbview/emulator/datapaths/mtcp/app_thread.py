"""The application's thread on mTCP: an event loop whose calls are function calls.

    mtcp_epoll_wait --> mtcp_accept   until the queue is empty
                    --> mtcp_read --> the application's work --> mtcp_write --> mtcp_close at the end

It sleeps only when nothing was handed over. mtcp/src/api.c, eventpoll.c
"""

from kbview.emulator.application import Application
from kbview.emulator.datapaths.mtcp.connections import Connections
from kbview.emulator.datapaths.mtcp.futex import Condition
from kbview.emulator.datapaths.mtcp.io import Io
from kbview.emulator.datapaths.mtcp.queues import EventQueue
from kbview.emulator.datapaths.mtcp.stream import Item, PortListener, Stream
from kbview.emulator.datapaths.mtcp.streams import Streams
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import USER, Context
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.settings import Settings
from kbview.tape.events import NO_PACKET, ConnectionAccepted, Copied, Mode, SendQueued

READ_SIZE = 16_384  # bytes of the application's buffer


class AppThread:
    """One thread, one loop. `condition` is what it sleeps on."""

    def __init__(
        self, machine: Machine, io: Io, streams: Streams, app: Application, settings: Settings
    ) -> None:
        core = streams.core
        self.condition = Condition(machine, core)
        self.task = Context(app.name, self._main(), USER, Mode.USER)
        self._machine = machine
        self._core = core
        self._io = io
        self._streams = streams
        self._events: EventQueue = streams.events
        self._connections = streams if isinstance(streams, Connections) else None
        self._app = app
        self._settings = settings
        self._meters = machine.meters
        self._recorder = machine.recorder
        step, sequence = machine.prices.step, machine.prices.sequence
        self._epoll_wait, self._accept4 = step("mtcp_epoll_wait"), step("mtcp_accept")
        self._read, self._copy_out = step("mtcp_read"), step("mtcp_copy_out")
        self._write = sequence("mtcp_write", "mtcp_copy_back")
        self._close = step("mtcp_close")

    def _main(self) -> Process:
        core, events = self._core, self._events
        while True:
            if not events.flushed:
                self._rouse()
                yield from self.condition.wait(self.task)
                continue
            core.spend(self._epoll_wait)
            for item in events.take():
                if core.now_ps > core.horizon_ps:
                    yield
                self._serve(item)

    def _rouse(self) -> None:
        """The TCP thread may sleep while there are jobs for it: pthread_kill(), INTR_SLEEPING_MTCP."""
        connections = self._connections
        if connections is not None and connections.jobs.waiting and self._io.asleep():
            self.condition.call(self.task, "tgkill", self._io.rouse)

    def _serve(self, item: Item) -> None:
        """Do what an event asks for; it is raised again if that was not all."""
        if isinstance(item, PortListener):
            self._accept(item)
            return
        self._converse(item)
        if item.pending and not item.raised:
            self._events.keep(item)

    def _accept(self, port: PortListener) -> None:
        """mtcp_accept until nobody waits: no lock, for the queue is this thread's own."""
        core = self._core
        while port.listener.accept:
            stream = port.listener.accept.popleft().owner
            core.spend(self._accept4)
            port.accepted += 1
            if self._recorder.steps:
                now_ps, cpu = core.now_ps, core.number
                self._recorder.emit(ConnectionAccepted(now_ps, cpu, port.name, port.queued))
            if isinstance(stream, Stream):
                stream.session = self._app.session(self._settings)
                if stream.pending and not stream.raised:
                    self._events.keep(stream)

    # ---- read, work, write -----------------------------------------------------------------

    def _converse(self, stream: Stream) -> None:
        if stream.unwritten:
            self._send(stream, stream.unwritten)
        elif stream.received or stream.eof or stream.error:
            self._receive(stream)
        if stream.leaving and not stream.unwritten and not stream.closing:
            self._core.spend(self._close)
            stream.closing = True
            self._ask(stream)

    def _receive(self, stream: Stream) -> None:
        """mtcp_read, and what the application makes of it; nothing but an end means that it closes."""
        core, machine = self._core, self._machine
        core.spend(self._read)
        received = stream.read(READ_SIZE)
        for frame, length in received:
            self._copy(frame.packet, length)
            self._streams.taken(stream, frame)
            machine.deliver(core, frame, "app")
            core.spend(self._app.step, frame.packet)
        length = sum(each.length for each in received)
        if self._connections is not None:
            self._connections.read(stream, length)
        if not received or stream.session is None:
            stream.leaving = True
            return
        reply = stream.session.take(length)
        if stream.entry is not None:
            stream.leaving = reply.close
            self._send(stream, reply.length)

    def _copy(self, packet: int, length: int) -> None:
        core, meters = self._core, self._meters
        core.spend_copying(self._copy_out, length, packet)
        meters.copies += 1
        meters.copied_bytes += length
        if self._recorder.steps:
            self._recorder.emit(Copied(core.now_ps, core.number, packet, "to_user", length))

    def _send(self, stream: Stream, length: int) -> None:
        """mtcp_write: as much as the send buffer takes; the rest when some was acknowledged."""
        if not length:
            return
        core, meters = self._core, self._meters
        written = stream.write(length)
        core.spend_copying(self._write, written)
        meters.copies += 1
        meters.copied_bytes += written
        if self._recorder.steps:
            emit, now_ps, cpu = self._recorder.emit, core.now_ps, core.number
            emit(Copied(now_ps, cpu, NO_PACKET, "to_send_buffer", written))
            emit(SendQueued(now_ps, cpu, stream.name, stream.send_queued, stream.sndbuf))
        self._ask(stream)

    def _ask(self, stream: Stream) -> None:
        """A job for the TCP thread."""
        if self._connections is not None:
            self._connections.jobs.add(stream)
