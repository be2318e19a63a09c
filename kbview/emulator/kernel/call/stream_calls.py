"""The application's system calls on streams: accept4, epoll_ctl, recv, send, close.

    listener ready   --> accept4, epoll_ctl
    connection ready --> recv --> the application's work --> send --> close, after the last answer

Each call enters and leaves the kernel. Linux: net/socket.c, net/ipv4/tcp.c
"""

from collections.abc import Generator

from kbview.emulator.application import Application
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import COPY
from kbview.emulator.hardware.contention import Lock
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.call.accept import Accepting, ServerSettings
from kbview.emulator.kernel.net.tcp import SOCKET_CLOSE, TcpLayer
from kbview.emulator.kernel.skb import PAGE, skbs, truesize
from kbview.emulator.kernel.socket.stream import ListenSocket, Piece, StreamSocket
from kbview.emulator.protocol.tcp import Outcome
from kbview.emulator.protocol.tcp.state import OVER, ConnectionState
from kbview.packet.frame import Frame, parts
from kbview.tape.events import NO_PACKET
from kbview.tape.vocabulary import CopyKind, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_APP = Place.APP
_TO_USER = CopyKind.TO_USER
_FROM_USER = CopyKind.FROM_USER
_SOCKET = Place.SOCKET

_WRITABLE = (ConnectionState.ESTABLISHED, ConnectionState.CLOSE_WAIT)


class Streams:
    """The calls of one thread on connections."""

    def __init__(
        self, machine: Machine, tcp: TcpLayer, app: Application, settings: ServerSettings, files: Lock
    ) -> None:
        self._machine = machine
        self._counts = machine.counts
        self._tcp = tcp
        self._app = app
        self._settings = settings
        step, sequence = machine.prices.step, machine.prices.sequence
        self._enter = step("syscall_enter")
        self._exit = step("syscall_exit")
        self._recvmsg = step("tcp_recvmsg")
        self._copy_part = sequence("copy_to_user")
        self._copy_out = sequence("copy_to_user", "skb_free")
        self._free = step("skb_free")
        self._llc_miss = step("llc_miss")
        self._unref = step("skb_frag_unref")
        self._sendmsg = sequence("tcp_sendmsg", "copy_from_user")
        self._close = step("tcp_close")
        self._accepting = Accepting(machine, app, settings, files)

    def serve(self, core: Core, task: Context, socket: ListenSocket | StreamSocket) -> Process:
        """Accept, read, write or close, as a ready socket needs; it stays ready if work is left."""
        if isinstance(socket, ListenSocket):
            yield from self._accepting.accept(core, task, socket)
        else:
            yield from self._converse(core, task, socket)
        socket.is_ready = False
        if socket.pending:
            socket.table.rouse(core, socket)

    # ---- read, work, write -----------------------------------------------------------------

    def _converse(self, core: Core, task: Context, socket: StreamSocket) -> Process:
        if socket.unwritten:
            yield from self._send(core, task, socket, socket.unwritten)
        elif socket.packets or socket.eof or socket.error:
            yield from self._read(core, task, socket)
        if socket.leaving and not socket.unwritten:
            yield from self._finish(core, task, socket)

    def _read(self, core: Core, task: Context, socket: StreamSocket) -> Process:
        """recv(), then the work of the application; at the end of the stream, close()."""
        received = yield from self._recv(core, task, socket)
        for each in received:
            self._work(core, each)
        if not received or socket.session is None:
            socket.leaving = True
            return
        reply = socket.session.take(sum(each.length for each in received))
        socket.leaving = reply.close
        if reply.length:
            yield from self._send(core, task, socket, reply.length)

    def _work(self, core: Core, piece: Piece) -> None:
        for frame in piece.frames:
            self._tcp.copied -= len(parts(frame))
            self._machine.books.deliver(core, frame, _APP)
            core.spend(self._app.step, frame.packet)

    def _recv(
        self, core: Core, task: Context, socket: StreamSocket
    ) -> Generator[None, None, list[Piece]]:
        core.enter_kernel(task, self._enter, "recv")
        if core.now_ps > core.horizon_ps:
            yield
        core.spend(self._recvmsg)
        received = socket.dequeue(self._settings.read_size)
        self._tcp.text -= sum(each.length for each in received)
        # The socket is the reader's: text that comes during the copies is not acknowledged with this.
        connection = socket.entry.connection
        connection.tcb.receiver.room = socket.room
        outcome = connection.read(0, core.now_ps)
        displaced = self._machine.ddio.displaced(self._tcp.text)
        for each in received:
            if displaced:
                self._wait_for_memory(core, each)
            self._copy(core, socket, each)
        yield from self._follow(core, socket, outcome)
        core.spend(self._exit)
        core.leave_kernel(task)
        return received

    def _wait_for_memory(self, core: Core, piece: Piece) -> None:
        """The source of the copy is not in the cache: the first line of each page misses."""
        account, core.account = core.account, COPY
        for _ in range(-(-piece.length // PAGE)):
            core.spend(self._llc_miss, piece.frames[0].packet)
        core.account = account

    def _follow(self, core: Core, socket: StreamSocket, outcome: Outcome) -> Process:
        """Do the work that TCP returns after a call."""
        self._tcp.endpoint.settle(socket.entry)
        yield from self._tcp.follow(core, socket.entry, outcome)
        self._tcp.arm(core)

    def _copy(self, core: Core, socket: StreamSocket, piece: Piece) -> None:
        packet, skb = piece.frames[0].packet, piece.skb
        count = sum(len(parts(frame)) for frame in piece.frames)
        self._tcp.queued -= count
        self._tcp.copied += count
        if skb is not None:
            self._counts.socket_dequeued(core, skb.packet, socket.name, socket.queued)
        frees = skb is not None and skb.packet == packet  # else an earlier call read the first packet
        core.spend_copying(self._copy_out if frees else self._copy_part, piece.length, packet)
        self._counts.copied(core, packet, _TO_USER, piece.length)
        if skb is not None:
            if not frees:
                core.spend(self._free, skb.packet)
            self._freed(core, skb)

    def _freed(self, core: Core, frame: Frame) -> None:
        """Free the sk_buffs of a read; the step of the read has freed the first."""
        kept = skbs(frame)
        self._tcp.skbs -= len(kept)
        for _ in kept[1:]:
            core.spend(self._free, frame.packet)
        for _ in range(len(parts(frame)) - len(kept)):
            core.spend(self._unref, frame.packet)
        self._counts.skbs_freed(core, kept)

    def _send(self, core: Core, task: Context, socket: StreamSocket, length: int) -> Process:
        """send(): fill the send buffer; the rest follows when the peer has acknowledged text."""
        core.enter_kernel(task, self._enter, "send")
        if core.now_ps > core.horizon_ps:
            yield
        connection = socket.entry.connection
        if connection.state in _WRITABLE:
            written = self._write(core, socket, length)
            outcome = connection.send(written, core.now_ps)
            yield from self._follow(core, socket, outcome)
        else:
            socket.unwritten, socket.leaving = 0, True  # EPIPE
        core.spend(self._exit)
        core.leave_kernel(task)

    def _write(self, core: Core, socket: StreamSocket, length: int) -> int:
        count = socket.write(length, self._settings.mss)
        written = length - socket.unwritten
        core.spend_copying(self._sendmsg, written)
        self._tcp.unacknowledged += count
        counts = self._counts
        counts.copied(core, NO_PACKET, _FROM_USER, written)
        for _ in range(count):
            counts.skb_allocated(core, NO_PACKET, truesize(self._settings.mss))
        counts.send_queued(core, socket.name, socket.send_queued, socket.sndbuf)
        return written

    # ---- close -----------------------------------------------------------------------------

    def _finish(self, core: Core, task: Context, socket: StreamSocket) -> Process:
        """close(): a FIN after the written text; a reset if text was not read."""
        core.enter_kernel(task, self._enter, "close")
        if core.now_ps > core.horizon_ps:
            yield
        yield from self._accepting.descriptor(core)
        core.spend(self._close)
        self._tcp.text -= socket.text
        connection, unread = socket.entry.connection, socket.dequeue_all()
        for each in unread:
            self._tcp.let_go(each)
            self._machine.books.drop(core, each, _SOCKET, SOCKET_CLOSE)
            self._counts.skbs_freed(core, skbs(each))
        socket.closed = True
        if connection.state not in OVER:
            outcome = connection.abort() if unread else connection.close(core.now_ps)
            yield from self._follow(core, socket, outcome)
        else:
            socket.table.remove(socket)
        core.spend(self._exit)
        core.leave_kernel(task)
