"""The textbook application: it sleeps in read(), gets one packet, works, and reads again.

Each packet costs a system call: two mode switches and one copy. Lecture, 3.5.
"""

from kbview.emulator.application import APPLICATIONS, Application, ApplicationSettings
from kbview.emulator.cost import Step
from kbview.emulator.datapaths.kernel_irq.user_work import user_work
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import thread
from kbview.emulator.kernel.call.sender import SocketSender
from kbview.emulator.kernel.call.take_steps import take_steps
from kbview.emulator.kernel.send.xmit import TxQueues
from kbview.emulator.kernel.skb import skbs
from kbview.emulator.kernel.socket.socket_table import Socket, SocketTable
from kbview.emulator.kernel.socket.wait import ReadSettings
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import CopyKind, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_APP = Place.APP
_TO_USER = CopyKind.TO_USER


class ReadLoop:
    """One thread. `read_size` is the length of its buffer in bytes; a read of a stream may fill it."""

    def __init__(
        self,
        machine: Machine,
        core: Core,
        sockets: SocketTable,
        app: Application,
        read_size: int,
        sender: SocketSender,
    ) -> None:
        self.held = 0  # a read is one step, so no frame is in hand between two
        self._sender = sender
        self._core = core
        self._machine = machine
        self._sockets = sockets
        self._app = app
        self._read_size = read_size
        prices = machine.prices
        self._enter = prices.sequence("syscall_enter", "vfs_read")
        self._takes = take_steps(machine)
        self._recvmsg = prices.step("tcp_recvmsg")
        self._free = prices.step("skb_free")
        self._task = thread(app.name, self._main())

    @property
    def buffers(self) -> int:
        """sk_buffs that its sender has built and not given to the device yet."""
        return self._sender.in_hand

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(self._task)

    def _main(self) -> Process:
        core, ready = self._core, self._sockets.ready
        while True:
            core.enter_kernel(self._task, self._enter, "read")
            if core.now_ps > core.horizon_ps:
                yield  # what follows looks at queues that the soft interrupt fills
            while not ready:
                yield from self._sockets.waiters.sleep(core, self._task)
            socket = ready.popleft()
            if not isinstance(socket, Socket):
                raise TypeError("nobody can connect on this path")
            frames = self._receive(core, socket)
            for frame in frames:
                yield from user_work(core, self._app.step, self._machine.recorder, frame.packet)
                if not socket.stream:
                    yield from self._answer(core, frame)

    def _receive(self, core: Core, socket: Socket) -> list[Frame]:
        """Dequeue, copy to the application's buffer, free, and back to user mode."""
        if socket.stream:
            core.spend(self._recvmsg)
        frames = socket.dequeue(core, self._read_size)
        if socket.packets:
            self._sockets.ready.append(socket)
        last, steps = frames[-1], self._takes[socket.stream][socket.distance]
        for frame in frames:
            self._copy(core, frame, steps.last if frame is last else steps.each)
        core.leave_kernel(self._task)
        for frame in frames:
            self._machine.books.deliver(core, frame, _APP)
        return frames

    def _copy(self, core: Core, frame: Frame, step: Step) -> None:
        """The first sk_buff's free is a part of the step; fragments of a datagram are freed with it."""
        counts, freed = self._machine.counts, skbs(frame)
        core.spend_copying(step, frame.payload, frame.packet)
        for _ in freed[1:]:
            core.spend(self._free, frame.packet)
        counts.copied(core, frame.packet, _TO_USER, frame.payload)
        counts.skbs_freed(core, freed)

    def _answer(self, core: Core, frame: Frame) -> Process:
        payload = self._app.answer(frame.payload)
        if payload is not None:
            yield from self._sender.answer(core, self._task, frame, payload)


def read_loops(
    machine: Machine, settings: ApplicationSettings, tables: list[SocketTable], tx: TxQueues
) -> list[ReadLoop]:
    """A thread for each table, on its reader's core; none where the application does not read."""
    app = APPLICATIONS[settings.app](machine)
    if app.transit:
        return []
    return [
        ReadLoop(
            machine,
            machine.cores[cpu],
            table,
            app,
            settings.part(ReadSettings).read_size,
            SocketSender(machine, tx, None),
        )
        for cpu, table in zip(settings.reader_cpus, tables, strict=True)
    ]
