"""The interpreter turns records, in the order of time, into events of the watched interface.

    records -> Interrupts, Frames, Sockets, Tasks -> MachineState -> EventOutbox -> events, counted

An unknown address, a missing end and a value without sense are passed over.
"""

from collections.abc import Callable, Iterable

from kbview.sources.trace.meaning import transition
from kbview.sources.trace.meaning.frames import Frames
from kbview.sources.trace.meaning.interrupts import Handler, Interrupts
from kbview.sources.trace.meaning.machine_state import (
    MOST_CPUS,
    Cpu,
    MachineState,
    Task,
    WatchedInterface,
)
from kbview.sources.trace.meaning.record import LOST, TraceRecord
from kbview.sources.trace.meaning.sockets import Sockets
from kbview.sources.trace.meaning.table import Tracepoint
from kbview.sources.trace.meaning.tasks import Tasks, shown
from kbview.sources.trace.meaning.xdp import Xdp
from kbview.tape.detail import Detail
from kbview.tape.events import ContextSwitched, Event
from kbview.tape.meter import CoreMeter, Meters

_PS_PER_NS = 1000
# Where all of these are recorded, only TCP takes a packet without telling it.
_ENDS = frozenset({"consume_skb", "kfree_skb", "sk_data_ready"})


class Interpreter:
    """`to_ps` turns the tracer's time into the tape's; both go equally fast.

    `found` is told of tasks that turn out to read or send the interface's packets. `malformed`
    counts records with values that made no sense.
    """

    def __init__(
        self,
        target: WatchedInterface,
        to_ps: Callable[[int], int],
        found: Callable[[Task], None] = lambda _: None,
    ) -> None:
        self.machine = MachineState(target, found)
        self.malformed = 0
        self._to_ps = to_ps
        parts = (
            Interrupts(self.machine),
            Frames(self.machine),
            Sockets(self.machine),
            Tasks(self.machine),
            Xdp(self.machine),
        )
        self.handlers: dict[str, Handler] = {LOST: self._lose}
        for part in parts:
            self.handlers |= part.handlers

    def time_ps(self, time_ns: int) -> int:
        """The time on the tape, ps; 0 for a time before the tape begins."""
        return max(0, self._to_ps(time_ns))

    def hear(self, records: Iterable[TraceRecord]) -> None:
        """Take the next records, which are not older than the records before."""
        handlers, machine = self.handlers, self.machine
        base_ps = self._to_ps(0)
        for record in records:
            handle = handlers.get(record.point)
            if handle is None or not 0 <= record.cpu < MOST_CPUS:
                continue
            cpu = machine.cpus.get(record.cpu) or machine.cpu(record.cpu)
            time_ps = max(0, record.time_ns * _PS_PER_NS + base_ps)
            if cpu.task.pid != record.pid and record.point != "sched_switch":
                self._find_task(time_ps, cpu, record)
            cpu.heard = True
            if cpu.ready is not None and record.point != "sched_waking":
                cpu.ready = None
            try:
                handle(time_ps, cpu, record)
            except (AttributeError, TypeError, ValueError):  # a text that is a number, or none
                self.malformed += 1

    def _find_task(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """Another task runs than was known: the kernel does not record every way out of idle.

        The switch is told now. The task before a core's first record is not known, unless the running
        task was woken meanwhile.
        """
        before, task = cpu.task, self.machine.task(record.pid)
        cpu.task = task
        cpu.ledger.change_task(time_ps, task.step)
        if task.woken or (cpu.heard and (before.watched or task.watched)):
            self.machine.tell(ContextSwitched(time_ps, cpu.number, shown(task)))
        task.woken = False

    def _lose(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        transition.lose(self.machine, time_ps, cpu, record.values[0])

    def watch(self, pid: int, name: str) -> None:
        """Watch this task from the start."""
        task = self.machine.task(pid, name)
        task.traced = True
        self.machine.follow(task)

    def forget(self, pid: int) -> None:
        """This task is no more."""
        self.machine.tasks.pop(pid, None)

    def expect(self, points: Iterable[Tracepoint]) -> None:
        """The tracepoints that are recorded. A text shows them one by one, so there may be more."""
        names = {point.name for point in points}
        self.machine.calls_told |= "sys_exit_recvfrom" in names
        self.machine.reads_told |= "sock_recv_length" in names
        self.machine.ends_told |= names >= _ENDS

    # ---- what is told ----------------------------------------------------------------------

    def release(self, until_ps: int) -> list[Event]:
        """The events up to a time, in order and counted; nothing older may be heard afterwards."""
        machine = self.machine
        for tracked in machine.tracked_skbs.unseen(until_ps):
            if machine.ends_told or tracked.freed:
                transition.take_in(machine, until_ps, machine.cpu(0), tracked, tracked.layer)
            else:
                transition.lose_sight(machine, until_ps, machine.cpu(0), tracked)
        for cpu in machine.cpus.values():
            cpu.ledger.cut(until_ps)
        self._have_cores()
        return machine.outbox.release(until_ps)

    def _have_cores(self) -> None:
        """The count of a step needs a core to book it to."""
        cores = self.machine.outbox.meters.cores
        last = max(self.machine.cpus, default=-1)
        cores += [CoreMeter(number) for number in range(len(cores), last + 1)]

    def meters(self) -> Meters:
        """As of the last release. Frames in tracked are counted by their events."""
        meters, machine = self.machine.outbox.meters, self.machine
        self._have_cores()
        for number, cpu in machine.cpus.items():
            meters.cores[number] = cpu.ledger.meter(shown(cpu.task))
        meters.sockets = {queue.key: queue.meter() for queue in machine.sockets.values()}
        return meters

    def set_detail(self, detail: Detail) -> None:
        """Tell no more than this; everything is counted all the same."""
        self.machine.outbox.detail = detail
