"""When softirq and reader run jointly (joint_run.py): while nothing else can come between them.

A joint run lasts within a poll. It begins where the reader has given way in its reading call. It ends
before the reader would find an empty queue, before another actor or an interrupt is due, and before a
frame of another kind. At `meters` detail it is most of an overloaded receiver's work
(benchmarks/emulator.py); tests hold it to the same meters to the picosecond.
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.joint_run import JointRun
from kbview.emulator.kernel.socket.socket import Socket

_FEWEST = 2  # frames of a run


class JointRuns:
    """The joint runs of a receive queue's softirq, with the reader of the socket that it fills.

    `possible`: nothing but the layers lies between ring and socket.
    """

    def __init__(self, machine: Machine, queue: RxQueue, *, possible: bool) -> None:
        self._machine = machine
        self._queue = queue
        self._dma_ps = queue.moderation.dma_ps
        self._possible = possible and len(machine.nic.queues) == 1
        self._socket: Socket | None = None  # of the latest datagram; None before the first

    def follow(self, core: Core, socket: Socket, most: int) -> int:
        """As `take`, after a datagram for this socket."""
        self._socket = socket
        return self.take(core, most)

    def take(self, core: Core, most: int) -> int:
        """Take up to `most` frames for the socket of the latest datagram; returns their number.

        0 where the reader is elsewhere or keeps up, or where another context could come between.
        """
        socket = self._socket
        if socket is None or not socket.table.receiving or most < _FEWEST:
            return 0
        if not socket.is_half_full or not self._alone(core, socket):
            return 0
        return self._take(core, socket, most)

    def _alone(self, core: Core, socket: Socket) -> bool:
        """Whether softirq and reader alone touch the socket, and nothing else in between."""
        table, ready, machine = socket.table, socket.table.ready, self._machine
        if not self._possible or machine.peer is not None or table.cache.owners:
            return False
        if len(ready) != 1 or ready[0] is not socket or table.deliverers != 1 or not table.rounds:
            return False
        reader = table.reader
        if reader is core or core.run_queue.contended or reader.run_queue.contended:
            return False
        if not table.placed.are_all(socket.flows):
            return False  # the reader may find another socket at its next look
        return not socket.stream and socket.is_uniform(core)

    def _take(self, core: Core, socket: Socket, most: int) -> int:
        machine, queue, reader, step = self._machine, self._queue, socket.table.reader, socket.delivery
        if step is None:
            return 0
        others_ps = machine.others_due_ps(core, reader)
        until_ps = min(others_ps, core.irq_due_ps, reader.irq_due_ps, machine.nic.loaded_ps) - 1
        view = queue.in_view(most)
        run = JointRun(socket, view, core.now_ps, until_ps, step.cost_ps, self._dma_ps)
        run.poll(view.stop)
        dropped = run.leave(machine.counts, machine.books)
        queue.clean(run.frames)
        core.spend_run(step, run.frames)
        socket.table.cache.free_run(core, dropped)
        core.limit_ps = min(others_ps, reader.due_ps)
        core.horizon_ps = min(core.limit_ps, core.irq_due_ps)
        return run.frames
