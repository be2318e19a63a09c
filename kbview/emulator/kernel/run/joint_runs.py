"""When softirq and reader run jointly (joint_run.py): while nothing else can come between them.

A joint run lasts within a poll. It begins where the reader has given way in its reading call. It ends
before the reader would find an empty queue, before another actor or an interrupt is due, and before a
frame of another kind. At `meters` detail it is most of an overloaded receiver's work
(benchmarks/emulator.py); tests hold it to the same meters to the picosecond.
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.run.joint_run import JointRun
from kbview.emulator.kernel.socket.socket import Socket

_FEWEST = 2  # frames of a run


class JointRuns:
    """The joint runs of a receive queue's softirq, with the reader of the socket that it fills.

    `possible`: nothing but the layers lies between ring and socket. `awaited`: the buffer of a socket
    was half full, and no other was looked at since.
    """

    def __init__(self, machine: Machine, queue: RxQueue, *, possible: bool) -> None:
        self._machine = machine
        self._queue = queue
        self._dma_ps = queue.moderation.dma_ps
        self._possible = possible and len(machine.nic.queues) == 1
        self._socket: Socket | None = None  # that was half full last; None before the first
        self.awaited = False

    def follow(self, core: Core, socket: Socket, most: int) -> int:
        """As `take`, after a datagram for this socket, which is half full."""
        if not self._possible:
            return 0
        self._socket, self.awaited = socket, True
        return self.take(core, most)

    def take(self, core: Core, most: int) -> int:
        """Take up to `most` frames for the socket that was half full last; returns their number.

        0 where the reader is elsewhere or keeps up, or where another context could come between.
        """
        if most < _FEWEST or (socket := self.begins(core)) is None:
            return 0
        queue = self._queue
        run = self.run_of(core, socket, min(most, queue.ring.free + len(queue.ring.frames)))
        run.poll(run.stop)
        queue.clean(run.frames)
        self.end(core, run)
        return run.frames

    def begins(self, core: Core) -> Socket | None:
        """The socket for which a joint run can begin now; None where it cannot."""
        socket = self._socket
        if socket is None or not socket.table.receiving or socket.delivery is None:
            return None
        self.awaited = socket.is_half_full
        return socket if self.awaited and self._alone(core, socket) else None

    def _alone(self, core: Core, socket: Socket) -> bool:
        """Whether softirq and reader alone touch the socket, and nothing else in between."""
        table, ready, machine = socket.table, socket.table.ready, self._machine
        if machine.recorder.milestones or machine.peer is not None or table.cache.owners:
            return False
        if len(ready) != 1 or ready[0] is not socket or table.deliverers != 1 or not table.rounds:
            return False
        reader = table.reader
        if reader is core or core.run_queue.contended or reader.run_queue.contended:
            return False
        if not table.placed.are_all(socket.flows):
            return False  # the reader may find another socket at its next look
        return not socket.stream and socket.is_uniform(core)

    def run_of(self, core: Core, socket: Socket, most: int) -> JointRun:
        """A run of up to `most` frames from now on."""
        machine, reader, step = self._machine, socket.table.reader, socket.delivery
        if step is None:
            raise ValueError("the way to the socket has no price yet")
        others_ps = machine.others_due_ps(core, reader)
        until_ps = min(others_ps, core.irq_due_ps, reader.irq_due_ps, machine.nic.loaded_ps) - 1
        return JointRun(socket, self._queue.in_view(most), core.now_ps, until_ps, step, self._dma_ps)

    def end(self, core: Core, run: JointRun) -> None:
        """Book the run; the core has taken the reader along."""
        machine = self._machine
        run.leave(core, machine.counts, machine.books)
        core.limit_ps = machine.others_due_ps(core)
        core.horizon_ps = min(core.limit_ps, core.irq_due_ps)
