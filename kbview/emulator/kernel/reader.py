"""The application's thread on the kernel path: it waits in a system call, reads, and works.

    read    one blocking socket: recv() sleeps until a datagram is there
    epoll   many sockets: epoll_wait() names the ready ones, then one recv() for each

Each call crosses into the kernel and back: two mode switches. Only a call that finds nothing and
sleeps costs context switches. Linux: net/socket.c, fs/eventpoll.c
"""

from collections.abc import Generator
from itertools import islice

from kbview.emulator.application import Application
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import USER, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.runs import ReadRuns
from kbview.emulator.kernel.sender import Sender
from kbview.emulator.kernel.socket import AnySocket, Socket, SocketTable
from kbview.emulator.kernel.stream import ListenSocket, StreamSocket
from kbview.emulator.kernel.streams import Streams
from kbview.packet.frame import Frame, parts
from kbview.tape.events import Copied, Mode, SkbFreed

READ_SIZE = 16_384  # bytes of the application's buffer
EPOLL_EVENTS = 64


class Reader:
    """One thread, one loop."""

    def __init__(
        self, machine: Machine, core: Core, sockets: SocketTable, app: Application, sender: Sender
    ) -> None:
        self.core = core
        self._machine = machine
        self._meters = machine.meters
        self._recorder = machine.recorder
        self._sockets = sockets
        self._app = app
        self.sender = sender
        self.streams: Streams | None = None  # of a host that speaks TCP
        prices = machine.prices
        self._enter = prices.step("syscall_enter")
        self._free = prices.step("skb_free")
        self._epoll = prices.sequence("epoll_wait", "syscall_exit")
        self._each = prices.sequence("socket_recv", "copy_to_user", "skb_free")
        self._last = prices.sequence("socket_recv", "copy_to_user", "skb_free", "syscall_exit")
        self._runs: ReadRuns | None = None
        if not app.answers:  # who sends shares more than the socket with the softirq
            self._runs = ReadRuns(machine, sockets, self._enter, self._last, app.step)

    def start(self, wait: str) -> None:
        """Put the thread on its core."""
        program = self._blocking() if wait == "read" else self._epolling()
        self.task = Context(self._app.name, program, USER, Mode.USER)
        self.core.start(self.task)

    def _blocking(self) -> Process:
        core, ready = self.core, self._sockets.ready
        while True:
            if self._runs is not None and not self._recorder.milestones:
                self._runs.read(core)
            if core.irq_due_ps <= core.now_ps:
                yield  # interrupted at its work, in user mode
            core.enter_kernel(self.task, self._enter, "recv")
            if core.now_ps > core.horizon_ps:
                yield  # what follows looks at queues that the softirq fills
            while not ready:
                yield from self._sockets.waiters.sleep(core, self.task)
            socket = ready.popleft()
            if not isinstance(socket, Socket):
                yield from self._serve(socket)
                continue
            frames = self._receive(socket)
            if self._app.answers and not socket.stream:
                yield from self._answer(frames)

    def _epolling(self) -> Process:
        core = self.core
        while True:
            for socket in (yield from self._epoll_wait()):
                if core.irq_due_ps <= core.now_ps:
                    yield
                if not isinstance(socket, Socket):
                    self._sockets.ready.remove(socket)
                    yield from self._serve(socket)
                    continue
                core.enter_kernel(self.task, self._enter, "recv")
                if core.now_ps > core.horizon_ps:
                    yield
                self._sockets.ready.remove(socket)
                frames = self._receive(socket)
                if self._app.answers and not socket.stream:
                    yield from self._answer(frames)

    def _serve(self, socket: ListenSocket | StreamSocket) -> Process:
        """A listener or a connection is ready."""
        if self.streams is not None:
            yield from self.streams.serve(self.core, self.task, socket)

    def _epoll_wait(self) -> Generator[None, None, list[AnySocket]]:
        core = self.core
        core.enter_kernel(self.task, self._enter, "epoll_wait")
        if core.now_ps > core.horizon_ps:
            yield
        while not self._sockets.ready:
            yield from self._sockets.waiters.sleep(core, self.task)
        core.spend(self._epoll)
        core.leave_kernel(self.task)
        return list(islice(self._sockets.ready, EPOLL_EVENTS))

    def _answer(self, frames: list[Frame]) -> Process:
        """Send back what the application has to say to each datagram."""
        for frame in frames:
            payload = self._app.answer(frame.payload)
            if payload is not None:
                yield from self.sender.answer(self.core, self.task, frame, payload)

    def _receive(self, socket: Socket) -> list[Frame]:
        """Dequeue, copy to the application's buffer, free; back in user mode the work begins."""
        core, meters = self.core, self._meters
        frames = socket.dequeue(core, READ_SIZE)
        if socket.packets:
            self._sockets.ready.append(socket)
        last = frames[-1]
        for frame in frames:
            length = frame.payload
            step = self._last if frame is last else self._each
            core.spend_copying(step, length, frame.packet)
            meters.copies += 1
            meters.copied_bytes += length
            self._freed(frame)
        core.leave_kernel(self.task)
        for frame in frames:
            self._machine.deliver(core, frame, "app")
            core.spend(self._app.step, frame.packet)
        return frames

    def _freed(self, frame: Frame) -> None:
        """The first sk_buff's free was a part of the step; others in its frag_list are freed too."""
        freed = parts(frame)
        self._meters.frees += len(freed)
        for _ in freed[1:]:
            self.core.spend(self._free, frame.packet)
        if self._recorder.steps:
            self._tell_copied(frame)

    def _tell_copied(self, frame: Frame) -> None:
        core, emit = self.core, self._recorder.emit
        emit(Copied(core.now_ps, core.number, frame.packet, "to_user", frame.payload))
        for part in parts(frame):
            emit(SkbFreed(core.now_ps, core.number, part.packet))
