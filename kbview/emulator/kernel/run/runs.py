"""Runs: many datagrams in one step of the simulation, where the result is exactly the same.

Runs are of one side, softirq or reader, where the reader keeps up; joint_run.py computes both sides of
an overloaded receiver. Tests hold the meters to those of single steps, to the picosecond.

Softirq and reader share only the socket's queue. Without runs, each yields to the other before every
access to the queue. A run needs no yield in two cases.

Queue a run right after a datagram was queued, if a read takes at least as long as a delivery. The
reader cannot empty the queue and sleep before the run is queued. No datagram is dropped if all fit the
buffer.

Read a run of datagrams that are queued when the reader looks, by recv() or by epoll_wait(), if the
buffer cannot fill up meanwhile. The softirq only appends.

With several receive queues, several softirqs fill one socket, and no run is queued. Nor is a run where
the NIC gathers descriptors: a frame may be done long after it arrived.
"""

from collections import deque
from collections.abc import Sequence
from itertools import compress, count, islice
from operator import gt

from kbview.emulator.cost import Step
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.run.joint_runs import JointRuns
from kbview.emulator.kernel.skb import RX_BUFFER, SMALLEST
from kbview.emulator.kernel.socket.read_round import Round
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.kernel.socket.socket_table import SocketTable
from kbview.emulator.kernel.softirq import Softirq
from kbview.packet.frame import Frame

_LONGEST = 256  # datagrams a run; a longer search is wasted too often
_SHORTEST = 2  # a shorter run costs more than it saves
_MANY = 16  # from here on a run is computed as a whole sooner than one by one


Queued = tuple[Frame, int, int]  # a packet of a receive queue, its charge, and when it was queued


class QueueRuns:
    """Datagrams that follow each other into the same socket.

    `possible`: nothing but the layers lies between ring and socket.
    """

    def __init__(
        self, machine: Machine, queue: RxQueue, joint: JointRuns, *, possible: bool = True
    ) -> None:
        self._machine = machine
        self.joint = joint
        self._queue = queue
        self._ring = queue.ring
        self._dma_ps = queue.moderation.dma_ps
        at_once = queue.moderation.gathered == 1
        self._alone = possible and at_once and len(machine.nic.queues) == 1

    def queue(self, core: Core, socket: Socket, last: Frame, most: int) -> int:
        """Queue up to `most` datagrams right after `last`; returns their number.

        0 where the socket has dropped `last`, or where a run might change the result. The run includes
        datagrams that arrive during the run, if each is in the ring when its turn comes. Where the
        buffer is half full, it is a joint run, which may drop some of them.
        """
        if 2 * socket.queued >= socket.rcvbuf and (count := self.joint.follow(core, socket, most)):
            return count
        step = socket.delivery
        if step is None or socket.stream or not self._alone:
            return 0
        done = self._ring.ready
        if not done or done[0] > core.now_ps - self._dma_ps:
            return 0
        if not socket.packets or socket.packets[-1][0] is not last:
            return 0
        if step.cost_ps > socket.table.shortest_reads_ps[socket.latest]:
            return 0
        until_ps = min(self._machine.bound_ps(core), core.irq_due_ps)
        most = min(most, (socket.rcvbuf - socket.queued) // SMALLEST)
        return self._fill(core, socket, step, min(most, (until_ps - core.now_ps) // step.cost_ps))

    def _fill(self, core: Core, socket: Socket, step: Step, most: int) -> int:
        """Queue datagrams until the ring is empty or `most` are queued; returns their number."""
        count = 0
        while count < most:
            run = self._take(socket, core.now_ps, step.cost_ps, most - count)
            if not run:
                break
            count += len(run)
            socket.extend(run, len(run), core)
            self._machine.counts.allocated_run(len(run))
            core.spend_run(step, len(run))
            if not self._ring.frames:
                ready_ps = core.now_ps - self._dma_ps
                self._queue.catch_up_in_turn(ready_ps, step.cost_ps, most - count)
        return count

    def _take(self, socket: Socket, now_ps: int, cost_ps: int, most: int) -> list[Queued]:
        """Take the frames at the front of the ring while they are sound, small and for this socket.

        Each is done when its turn comes, and queued `cost_ps` later.
        """
        run: list[Queued] = []
        frames, ready, flows = self._ring.frames, self._ring.ready, socket.flows
        ready_ps = now_ps - self._dma_ps
        while len(run) < most and ready and ready[0] <= ready_ps:
            frame = frames[0]
            if frame.fault or frame.length > RX_BUFFER or frame.flow not in flows:
                break
            ready.popleft()
            ready_ps += cost_ps
            run.append((frames.popleft(), SMALLEST, ready_ps + self._dma_ps))
        self._ring.cleaned += len(run)
        return run


class NoRuns:
    """The runs of a reader that reads call by call."""

    def read(self, core: Core, *, within: bool = False) -> None:
        """Read no run. `within`: the reader is in its reading call, and the run ends there."""

    def go_on(self, core: Core) -> None:
        """As `read`, in the reading call just before it looks at the queue, if the reader is behind."""

    def sees(self, core: Core) -> bool:
        """Whether the sockets that epoll_wait() will find at the core's time are certain already."""
        del core
        return False


class ReadRuns(NoRuns):
    """Rounds of a reader, as many as are certain in advance.

    `rounds` are for packets by the distance of the core that queued them: its own, another, and a core
    of another node. All packets of a run are of one kind.
    """

    def __init__(
        self,
        machine: Machine,
        sockets: SocketTable,
        softirq: Softirq | None,
        rounds: Sequence[Round],
    ) -> None:
        self._machine = machine
        self._recorder = machine.recorder
        self._sockets = sockets
        self._softirq = softirq
        self._each = rounds
        self._shortest_ps = _SHORTEST * rounds[1].cost_ps
        self._deliverers = sockets.deliverers
        sockets.shortest_reads_ps = tuple(each.between_looks_ps for each in rounds)
        sockets.rounds = rounds

    def read(self, core: Core, *, within: bool = False) -> None:
        """Run the rounds that no other context can disturb; none while milestones are told."""
        ready = self._sockets.ready
        if len(ready) != 1 or self._recorder.milestones or not self._deliverers:
            return
        socket = ready[0]
        if not isinstance(socket, Socket) or socket.stream or len(socket.packets) < _SHORTEST:
            return
        delivery = socket.delivery
        if delivery is not None:  # in overload the buffer is always nearly full: find that out cheaply
            room = (socket.rcvbuf - socket.queued) // SMALLEST
            if core.horizon_ps + room * delivery.cost_ps < core.now_ps + self._shortest_ps:
                return
        if self._softirq is None or not self._softirq.interferes:
            self._read(core, socket, within)

    def go_on(self, core: Core) -> None:
        ready = self._sockets.ready
        if ready and isinstance(ready[0], Socket) and ready[0].is_half_full:
            self.read(core, within=True)

    def sees(self, core: Core) -> bool:
        ready = self._sockets.ready
        if len(ready) != 1 or self._recorder.milestones or not self._deliverers:
            return False
        machine, socket = self._machine, ready[0]
        until_ps = min(core.irq_due_ps, machine.until_ps, machine.nic.loaded_ps)
        if core.now_ps >= until_ps or core.run_queue.contended:
            return False
        if not isinstance(socket, Socket) or socket.stream:
            return False
        return self._sockets.placed.are_all(socket.flows)

    def _read(self, core: Core, socket: Socket, within: bool) -> None:
        ready, packets = self._sockets.ready, socket.packets
        each = self._each[socket.head_distance()]
        past_ps = each.before_take_ps if within else 0  # of a round, at its beginning and end
        until_ps = self._until_ps(core, socket, each.cost_ps if within else 0) - past_ps
        now_ps = core.now_ps - past_ps
        most = min(_LONGEST, socket.alike(), (until_ps - now_ps) // each.cost_ps)
        if most < _SHORTEST:
            return
        waiting = list(islice(packets, most))
        if most >= _MANY and socket.queued == len(packets) * SMALLEST:
            ends = _rounds(now_ps, each, until_ps, waiting)
        else:
            ends = _one_by_one(now_ps, each, until_ps, waiting)
        if within and ends and _last_is_left(packets, len(ends), ends[-1] + each.to_look_ps):
            ends = ends[:-1]
        count = len(ends)
        if count < _SHORTEST:
            return
        socket.take_run(count)
        if not packets:
            ready.popleft()
        frames = [entry[0] for entry in waiting[:count]]
        extra_ps = ends[-1] + each.work_ps - now_ps - count * each.cost_ps
        each.book(core, self._machine.counts, frames, extra_ps)
        self._machine.books.deliver_run(frames, ends)
        core.now_ps = ends[-1] + each.work_ps + past_ps

    def _until_ps(self, core: Core, socket: Socket, beyond_ps: int) -> int:
        """The time until which no other context can disturb, ps.

        No packet is queued before the core's horizon. From there on packets come at the pace of a
        softirq, and another socket may become ready, unless all known arrivals are for this socket.
        A full buffer matters until the last packet is taken, `beyond_ps` before the end.
        """
        until_ps = min(core.irq_due_ps, self._machine.until_ps)
        if core.run_queue.contended or not self._sockets.placed.are_all(socket.flows):
            return min(until_ps, core.horizon_ps)
        until_ps = min(until_ps, max(core.horizon_ps, self._machine.nic.loaded_ps))
        if socket.delivery is not None:
            room = ((socket.rcvbuf - socket.queued) // SMALLEST - 1) // self._deliverers
            room_ps = room * socket.delivery.cost_ps
            until_ps = min(until_ps, core.horizon_ps + room_ps + beyond_ps)
        return until_ps


def _last_is_left(packets: deque[Queued], taken: int, look_ps: int) -> bool:
    """Whether nothing is queued by `look_ps` behind the `taken` packets."""
    return taken == len(packets) or packets[taken][2] > look_ps


def _rounds(now_ps: int, each: Round, until_ps: int, waiting: list[Queued]) -> Sequence[int]:
    """The time at which each round returns to user mode, ps.

    All packets that wait are charged with the least memory.
    """
    payloads = {entry[0].payload for entry in waiting}
    if len(payloads) > 1:
        return _one_by_one(now_ps, each, until_ps, waiting)
    queued_ps = [entry[2] for entry in waiting]
    lasts_ps = each.cost_ps + int(each.copying.ps_per_byte * payloads.pop())
    looks_ps = count(now_ps + each.entry_ps, lasts_ps)
    late = next(compress(count(), map(gt, queued_ps, looks_ps)), len(waiting))
    rounds = min(late, (until_ps - now_ps) // lasts_ps)
    first_ps = now_ps + lasts_ps - each.work_ps
    return range(first_ps, first_ps + rounds * lasts_ps, lasts_ps)


def _one_by_one(now_ps: int, each: Round, until_ps: int, waiting: list[Queued]) -> Sequence[int]:
    """As `_rounds`, where the packets differ or are few."""
    entry_ps, calls_ps, work_ps = each.entry_ps, each.calls_ps, each.work_ps
    per_byte = each.copying.ps_per_byte
    ends: list[int] = []
    for frame, charge, queued_ps in waiting:
        if queued_ps > now_ps + entry_ps or charge != SMALLEST:
            break
        end_ps = now_ps + entry_ps + calls_ps + int(per_byte * frame.payload)
        now_ps = end_ps + work_ps
        if now_ps > until_ps:
            break
        ends.append(end_ps)
    return ends
