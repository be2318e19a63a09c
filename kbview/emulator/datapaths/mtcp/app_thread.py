"""The application's thread on mTCP: an event loop whose calls are function calls.

    mtcp_epoll_wait --> mtcp_accept   until the queue is empty
                    --> mtcp_read --> the application's work --> mtcp_write --> mtcp_close at the end

The thread sleeps only without events. mtcp/src/api.c, eventpoll.c
"""

from kbview.emulator.application import Application, ApplicationSettings
from kbview.emulator.datapaths.mtcp.condition import Condition
from kbview.emulator.datapaths.mtcp.io_module import IoContext
from kbview.emulator.datapaths.mtcp.queues import EventQueue
from kbview.emulator.datapaths.mtcp.stream_table import StreamTable
from kbview.emulator.datapaths.mtcp.tcp_stream import Item, PortListener, TcpStream
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import USER
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.tape.events import NO_PACKET, ConnectionAccepted, Mode
from kbview.tape.vocabulary import CopyKind, Place

READ_SIZE = 16_384  # bytes of the application's buffer


class AppThread:
    """The thread `task`, which sleeps on `condition`. `io` belongs to the TCP thread."""

    def __init__(
        self,
        machine: Machine,
        io: IoContext,
        streams: StreamTable,
        app: Application,
        settings: ApplicationSettings,
        condition: Condition,
    ) -> None:
        core = streams.core
        self._condition = condition
        self.task = Context(app.name, self._main(), USER, Mode.USER)
        self._machine = machine
        self._core = core
        self._io = io
        self._streams = streams
        self._events: EventQueue = streams.events
        self._app = app
        self._settings = settings
        self._counts = machine.counts
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
                self._wake_tcp_thread()
                yield from self._condition.wait(self.task)
                continue
            core.spend(self._epoll_wait)
            for item in events.take():
                if core.now_ps > core.horizon_ps:
                    yield
                self._serve(item)

    def _wake_tcp_thread(self) -> None:
        """Wake the TCP thread if it sleeps and has jobs: pthread_kill(), INTR_SLEEPING_MTCP."""
        if self._streams.has_jobs and self._io.asleep():
            self._condition.call(self.task, "tgkill", self._io.wake)

    def _serve(self, item: Item) -> None:
        """Handle an event, and raise it again if there is more to do."""
        if isinstance(item, PortListener):
            self._accept(item)
            return
        self._converse(item)
        if item.pending and not item.raised:
            self._events.keep(item)

    def _accept(self, port: PortListener) -> None:
        """mtcp_accept until no connection waits. The queue belongs to this thread and needs no lock."""
        core = self._core
        while port.listener.accept:
            stream = port.listener.accept.popleft().owner
            core.spend(self._accept4)
            port.accepted += 1
            if self._recorder.steps:
                now_ps, cpu = core.now_ps, core.number
                self._recorder.emit(ConnectionAccepted(now_ps, cpu, port.name, port.queued))
            if isinstance(stream, TcpStream):
                stream.session = self._app.session(self._settings)
                if stream.pending and not stream.raised:
                    self._events.keep(stream)

    # ---- read, work, write -----------------------------------------------------------------

    def _converse(self, stream: TcpStream) -> None:
        if stream.unwritten:
            self._send(stream, stream.unwritten)
        elif stream.received or stream.eof or stream.error:
            self._receive(stream)
        if stream.leaving and not stream.unwritten and not stream.closing:
            self._core.spend(self._close)
            stream.closing = True
            self._streams.ask(stream)

    def _receive(self, stream: TcpStream) -> None:
        """mtcp_read and the application's work; the end of the stream without text closes it."""
        core, machine = self._core, self._machine
        core.spend(self._read)
        received = stream.read(READ_SIZE)
        for frame, length in received:
            self._copy(frame.packet, length)
            self._streams.taken(stream, frame)
            machine.books.deliver(core, frame, Place.APP)
            core.spend(self._app.step, frame.packet)
        length = sum(each.length for each in received)
        self._streams.read(stream, length)
        if not received or stream.session is None:
            stream.leaving = True
            return
        reply = stream.session.take(length)
        if stream.entry is not None:
            stream.leaving = reply.close
            self._send(stream, reply.length)

    def _copy(self, packet: int, length: int) -> None:
        self._core.spend_copying(self._copy_out, length, packet)
        self._counts.copied(self._core, packet, CopyKind.TO_USER, length)

    def _send(self, stream: TcpStream, length: int) -> None:
        """mtcp_write: the bytes that fit into the send buffer; the rest after an acknowledgement."""
        if not length:
            return
        core, written = self._core, stream.write(length)
        core.spend_copying(self._write, written)
        self._counts.copied(core, NO_PACKET, CopyKind.TO_SEND_BUFFER, written)
        self._counts.send_queued(core, stream.name, stream.send_queued, stream.sndbuf)
        self._streams.ask(stream)
