"""accept4() until the accept queue is empty, and epoll_ctl() for each connection.

Event loops accept like this (libevent, lighttpd, mTCP's examples). With one accept queue for several
threads, most of the threads that wake find the queue empty: EAGAIN.
Linux: net/socket.c, net/ipv4/inet_connection_sock.c, fs/file.c
"""

from collections.abc import Generator
from dataclasses import dataclass

from kbview.emulator.application import Application, ApplicationSettings
from kbview.emulator.engine import Process
from kbview.emulator.hardware.contention import Lock
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.socket.stream import ListenSocket, StreamSocket
from kbview.emulator.kernel.socket.wait import ReadSettings
from kbview.emulator.protocol.tcp.endpoint import ConnectionEntry
from kbview.emulator.protocol.tcp.parameters import TcpSettings
from kbview.tape.events import ConnectionAccepted


@dataclass(frozen=True, kw_only=True)
class ServerSettings(ReadSettings, TcpSettings, ApplicationSettings):
    """Settings of a program that serves connections."""


class Accepting:
    """The accepting calls of a thread. `files` locks the descriptor table that all threads share."""

    def __init__(
        self, machine: Machine, app: Application, settings: ServerSettings, files: Lock
    ) -> None:
        self._recorder = machine.recorder
        self._app = app
        self._settings = settings
        self._files = files
        step, sequence = machine.prices.step, machine.prices.sequence
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._dequeue, self._descriptor = step("accept_dequeue"), step("fd_table")
        self._accept4 = sequence("inet_csk_accept", "syscall_exit")
        self._epoll_ctl = sequence("epoll_ctl", "syscall_exit")

    def accept(self, core: Core, task: Context, listening: ListenSocket) -> Process:
        """Accept every connection in the queue; a thread that blocks accepts one."""
        many = self._settings.wait == "epoll"
        while True:
            accepted = yield from self._one(core, task, listening)
            if not accepted or not many:
                return

    def _one(self, core: Core, task: Context, listening: ListenSocket) -> Generator[None, None, bool]:
        core.enter_kernel(task, self._enter, "accept4")
        if core.now_ps > core.horizon_ps:
            yield
        entry = yield from self._oldest(core, listening)
        if entry is None:
            core.spend(self._exit)
            core.leave_kernel(task)
            return False
        yield from self.descriptor(core)
        core.spend(self._accept4)
        listening.shown.accepted += 1
        if self._recorder.steps:
            waiting = listening.queued
            self._recorder.emit(ConnectionAccepted(core.now_ps, core.number, listening.name, waiting))
        core.leave_kernel(task)
        yield from self._watch(core, task, listening, entry)
        return True

    def _oldest(
        self, core: Core, listening: ListenSocket
    ) -> Generator[None, None, ConnectionEntry | None]:
        """lock_sock(), the oldest connection, release_sock(): each takes the spinlock."""
        queue = listening.listener.accept
        listening.watch.take(core)
        listening.watch.release(core)
        listening.lock.take(core)
        entry = queue.popleft() if queue else None
        core.spend(self._dequeue)
        listening.lock.release(core)
        if core.now_ps > core.horizon_ps:
            yield
        listening.lock.take(core)
        listening.lock.release(core)
        return entry

    def _watch(
        self, core: Core, task: Context, listening: ListenSocket, entry: ConnectionEntry
    ) -> Process:
        """Add a connection to the sockets that the thread waits for."""
        if self._settings.wait == "epoll":
            core.enter_kernel(task, self._enter, "epoll_ctl")
            core.spend(self._epoll_ctl)
            core.leave_kernel(task)
        socket = entry.owner
        if isinstance(socket, StreamSocket):
            listening.table.adopt(socket)
            socket.session = self._app.session(self._settings)
            if core.now_ps > core.horizon_ps:
                yield
            if socket.pending:
                socket.table.rouse(core, socket)

    def descriptor(self, core: Core) -> Process:
        """Allocate or free a descriptor in the table that all threads of the process share."""
        if core.now_ps > core.horizon_ps:
            yield
        self._files.take(core)
        core.spend(self._descriptor)
        self._files.release(core)
