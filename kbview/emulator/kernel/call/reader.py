"""The application's thread on the kernel path: it waits in a system call, reads, and works.

    read    one blocking socket: the reading call sleeps until a datagram is there
    epoll   many sockets: epoll_wait() names the ready ones, then one reading call for each

Each call enters and leaves the kernel: two mode switches. A call that finds the queue empty sleeps,
which costs context switches. recvmmsg() takes the queued datagrams, up to the length of its vector
(MSG_WAITFORONE). Linux: net/socket.c, fs/eventpoll.c
"""

from collections.abc import Generator
from itertools import chain, islice

from kbview.emulator.application import Application
from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import thread
from kbview.emulator.kernel.call.cold_copy import ColdCopies
from kbview.emulator.kernel.call.remains import Remains
from kbview.emulator.kernel.call.sender import SocketSender
from kbview.emulator.kernel.call.stream_calls import Streams
from kbview.emulator.kernel.call.take_steps import take_steps
from kbview.emulator.kernel.call.working_set import WorkingSet
from kbview.emulator.kernel.device.busy_poll import BusyPoll
from kbview.emulator.kernel.run.runs import NoRuns, ReadRuns
from kbview.emulator.kernel.skb import packets, skbs
from kbview.emulator.kernel.socket.read_round import Round
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.kernel.socket.socket_table import AnySocket, SocketTable
from kbview.emulator.kernel.socket.stream import ListenSocket, StreamSocket
from kbview.emulator.kernel.socket.wait import ReadSettings
from kbview.packet.frame import Frame, parts
from kbview.tape.vocabulary import CopyKind, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_TO_USER = CopyKind.TO_USER
_APP = Place.APP

EPOLL_EVENTS = 64
# How each reading call begins. What recvmmsg() does for each message is in take_steps.py.
CALLS = {
    "recv": ("syscall_enter",),
    "read": ("syscall_enter", "vfs_read"),
    "recvmsg": ("syscall_enter", "msghdr_copy"),
    "recvmmsg": ("syscall_enter",),
}


class SocketReader:
    """A thread that reads sockets in a loop.

    `streams` are its calls on connections; None on a host that does not speak TCP. `busy_poll` polls
    the device before the thread sleeps; None without busy polling.
    """

    def __init__(
        self,
        machine: Machine,
        core: Core,
        sockets: SocketTable,
        app: Application,
        settings: ReadSettings,
        sender: SocketSender,
        streams: Streams | None,
        busy_poll: BusyPoll | None,
    ) -> None:
        self.core = core
        self._machine = machine
        self._counts = machine.counts
        self._sockets = sockets
        self._app = app
        self._sender = sender
        self.held = 0  # frames that a call has copied and not returned yet
        self._streams = streams
        self._softirq = sender.softirq
        self._busy_poll = busy_poll
        prices = machine.prices
        self._enter = prices.step("syscall_enter")
        self._epoll = prices.sequence("epoll_wait", "syscall_exit")
        self._remains = Remains(machine)
        self._exit = prices.step("syscall_exit")
        self._takes, self._recvmsg = take_steps(machine), prices.step("tcp_recvmsg")
        self._call, self._read_size = settings.recv_call, settings.read_size
        self._called = prices.sequence(*CALLS[self._call])
        batched = self._call == "recvmmsg"
        self._most = settings.recv_batch if batched else 1  # messages a call
        self._simply = self._most == 1 and not app.answers  # a read is all
        self._runs = NoRuns()
        self._cold = ColdCopies(machine, sockets) if settings.cold_copies else None
        lines = settings.app_lines
        self._working_set = WorkingSet(prices, core, lines) if lines else None
        plain = self._working_set is None and self._cold is None and not machine.smt
        if plain and not batched and not app.answers:  # a sender shares more with the softirq
            self._runs = self._rounds(settings)
        self.task = thread(app.name, self._blocking() if settings.wait == "read" else self._epolling())

    def _rounds(self, settings: ReadSettings) -> NoRuns:
        entry = self._enter
        between: tuple[Step, ...] = (self._epoll, self._called)
        if settings.wait == "read":
            entry, between = self._called, ()
        datagrams, _ = self._takes
        rounds = [Round(entry, (*between, steps.last), self._app.step) for steps in datagrams]
        return ReadRuns(self._machine, self._sockets, self._softirq, rounds)

    @property
    def buffers(self) -> int:
        """sk_buffs that its sender has built and not given to the device yet."""
        return self._sender.in_hand

    def start(self) -> None:
        """Put the thread on its core."""
        self.core.start(self.task)

    def _blocking(self) -> Process:
        core, table, ready, runs = self.core, self._sockets, self._sockets.ready, self._runs
        while True:
            runs.read(core)
            if core.irq_due_ps <= core.now_ps:
                yield  # interrupted at its work, in user mode
            core.enter_kernel(self.task, self._called, self._call)
            while core.now_ps > core.horizon_ps:
                table.receiving = True
                yield  # what follows looks at queues that the softirq fills
                table.receiving = False
                runs.go_on(core)
            if self._softirq is not None and self._softirq.local_bh_enable():
                yield  # the queue's lock was let go
            while not ready:
                yield from self._wait_for_data(core)
            socket = ready.popleft()
            if not isinstance(socket, Socket):
                yield from self._serve(socket)
                continue
            if self._simply:
                self._receive(socket)
            else:
                yield from self._read(socket)

    def _wait_for_data(self, core: Core) -> Process:
        """Poll the device for a while, where busy polling is on; then sleep."""
        ready = self._sockets.ready
        if self._busy_poll is not None:
            yield from self._busy_poll.loop(core, ready)
        if not ready:
            yield from self._sockets.waiters.sleep(core, self.task)

    def _epolling(self) -> Process:
        core, table, runs = self.core, self._sockets, self._runs
        while True:
            runs.read(core)
            for socket in (yield from self._epoll_wait()):
                if core.irq_due_ps <= core.now_ps:
                    yield
                if not isinstance(socket, Socket):
                    self._sockets.ready.remove(socket)
                    yield from self._serve(socket)
                    continue
                core.enter_kernel(self.task, self._called, self._call)
                while core.now_ps > core.horizon_ps:
                    table.receiving = True
                    yield
                    table.receiving = False
                    runs.go_on(core)
                if self._softirq is not None and self._softirq.local_bh_enable():
                    yield
                self._sockets.ready.remove(socket)
                if self._simply:
                    self._receive(socket)
                else:
                    yield from self._read(socket)

    def _serve(self, socket: ListenSocket | StreamSocket) -> Process:
        """Serve a listener or a connection that is ready; release_sock() lets bottom halves run."""
        if self._softirq is not None and self._softirq.local_bh_enable():
            yield
        if self._streams is not None:
            yield from self._streams.serve(self.core, self.task, socket)

    def _epoll_wait(self) -> Generator[None, None, list[AnySocket]]:
        core = self.core
        core.enter_kernel(self.task, self._enter, "epoll_wait")
        if core.now_ps > core.horizon_ps and not self._runs.sees(core):
            yield
        while not self._sockets.ready:
            yield from self._wait_for_data(core)
        core.spend(self._epoll)
        core.leave_kernel(self.task)
        ready = self._sockets.ready
        return [ready[0]] if len(ready) == 1 else list(islice(ready, EPOLL_EVENTS))

    def _read(self, socket: Socket) -> Process:
        """Take a packet from the queue, work on it, and answer it."""
        if self._most > 1 and not socket.stream:
            frames = yield from self._receive_batch(socket)
        else:
            frames = self._receive(socket)
        if self._app.answers and not socket.stream:
            yield from self._answer(frames)

    def _answer(self, frames: list[Frame]) -> Process:
        """Send the application's answer to each datagram."""
        for frame in chain.from_iterable(map(packets, frames)):
            payload = self._app.answer(frame.payload)
            if payload is not None:
                yield from self._sender.answer(self.core, self.task, frame, payload)

    def _receive(self, socket: Socket) -> list[Frame]:
        """Dequeue, copy to the application's buffer and free; then work in user mode."""
        if socket.stream:
            self.core.spend(self._recvmsg)
        frames = socket.dequeue(self.core, self._read_size)
        if socket.packets:
            self._sockets.ready.append(socket)
        last, steps = frames[-1], self._takes[socket.stream][socket.distance]
        if last.inner is not None and not skbs(last):
            self._copy_part(last, steps.part)
            return frames
        for frame in frames:
            self._copy(frame, steps.last if frame is last else steps.each)
        self._deliver(frames)
        return frames

    def _copy_part(self, frame: Frame, step: Step) -> None:
        """Copy the part of a merged sk_buff that fits the buffer; the rest stays queued."""
        core = self.core
        core.spend_copying(step, frame.payload, frame.packet)
        self._counts.copied(core, frame.packet, _TO_USER, frame.payload)
        self._deliver([frame])

    def _receive_batch(self, socket: Socket) -> Generator[None, None, list[Frame]]:
        """recvmmsg(): one message after the other until the vector is full or the queue is empty."""
        core, ready, softirq = self.core, self._sockets.ready, self._softirq
        taken: list[Frame] = []
        while len(taken) < self._most and socket.packets:
            (frame,) = socket.dequeue(core, self._read_size)
            taken.append(frame)
            self._copy(frame, self._takes[False][socket.distance].message)
            if (softirq is not None and softirq.local_bh_enable()) or core.now_ps > core.horizon_ps:
                self.held = sum(len(parts(each)) for each in taken)
                if socket.packets:
                    ready.append(socket)
                yield  # the softirq may have queued more, and named the socket if that was the first
                if socket.packets:
                    ready.remove(socket)
        self.held = 0
        if socket.packets:
            ready.append(socket)
        core.spend(self._exit)
        self._deliver(taken)
        return taken

    def _copy(self, frame: Frame, step: Step) -> None:
        core, counts, length = self.core, self._counts, frame.payload
        if self._cold is not None:
            self._cold.wait(core, frame)
        core.spend_copying(step, length, frame.packet)
        if frame.inner is None:
            counts.copied(core, frame.packet, _TO_USER, length)
            counts.skb_freed(core, frame.packet)
            return
        self._remains.free(core, frame)
        counts.copied(core, frame.packet, _TO_USER, length)
        counts.skbs_freed(core, skbs(frame))

    def _deliver(self, frames: list[Frame]) -> None:
        """Return to user mode; the application works on each packet."""
        core = self.core
        core.leave_kernel(self.task)
        step = self._app.step if self._working_set is None else self._working_set.work()
        for frame in frames:
            for packet in (frame,) if frame.inner is None else packets(frame):
                self._machine.books.deliver(core, packet, _APP)
                core.spend(step, packet.packet)
                step = self._app.step
