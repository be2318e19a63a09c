"""Tasks: which task runs, which is woken, and when the wall between user and kernel is crossed.

A system call's entry and return are two mode switches. An interrupt that is taken in user mode is
two as well, but no tracepoint says in which mode it found the core, so it is not counted.
"""

from functools import partial

from kbview.sources.trace.meaning import transition
from kbview.sources.trace.meaning.interrupts import Handler
from kbview.sources.trace.meaning.ledger import LedgerStep
from kbview.sources.trace.meaning.machine_state import Cpu, MachineState, Task, TracedCall
from kbview.sources.trace.meaning.record import TraceRecord
from kbview.sources.trace.meaning.table import READING_CALLS, SOCKET_CALLS, STREAM_CALLS, WAITING_CALLS
from kbview.sources.trace.meaning.transition import enqueue_out_of_order
from kbview.tape.events import (
    Account,
    ContextSwitched,
    KsoftirqdWoken,
    Mode,
    ModeSwitched,
    SyscallEntered,
    TaskWoken,
)
from kbview.tape.vocabulary import Place

_KSOFTIRQD = "ksoftirqd/"
_READ = frozenset(f"sys_exit_{name}" for name in READING_CALLS)


class Tasks:
    """The meaning of the tracepoints of the scheduler and of system calls."""

    def __init__(self, machine: MachineState) -> None:
        self._machine = machine
        self.handlers: dict[str, Handler] = {
            "sched_switch": self._switched,
            "sched_waking": self._woken,
        }
        for name in (*SOCKET_CALLS, *WAITING_CALLS, *STREAM_CALLS):
            self.handlers[f"sys_enter_{name}"] = partial(self._entered, name)
            self.handlers[f"sys_exit_{name}"] = self._left

    # ---- the scheduler ---------------------------------------------------------------------

    def _switched(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        name_before, pid_before, name, pid = record.values
        before = self._machine.task(pid_before, name_before)
        cpu.run = cpu.interrupt = None  # the scheduler runs in neither
        cpu.ledger.pop(time_ps, 1)
        cpu.task = task = self._machine.task(pid, name)
        task.woken = False
        cpu.ledger.change_task(time_ps, task.step)
        if before.watched or task.watched:
            self._machine.tell(ContextSwitched(time_ps, cpu.number, shown(task)))

    def _woken(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """By the packet that the record before put into a socket: whoever wakes is its reader."""
        name, pid = record.values
        if name.startswith(_KSOFTIRQD):
            if cpu.run is not None and cpu.run.ours:
                self._machine.tell(KsoftirqdWoken(time_ps, cpu.number))
            return
        if cpu.ready is not None:
            task = self._machine.task(pid, name)
            task.woken = True
            self._machine.follow(task)
            self._machine.tell(TaskWoken(time_ps, cpu.number, name))
            cpu.ready = None

    # ---- system calls ----------------------------------------------------------------------

    def _entered(self, name: str, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        fields = record.values
        task = cpu.task
        task.traced = True
        self._finish(time_ps, cpu, task.call)
        task.call = TracedCall(name, time_ps, cpu.number, fields[0] if fields else None)
        task.step = LedgerStep(name if task.watched else "", Account.SYSCALL)
        cpu.ledger.change_task(time_ps, task.step)
        if task.watched:
            self._tell_entry(task.call)

    def _finish(self, time_ps: int, cpu: Cpu, call: TracedCall | None) -> None:
        """The return from a call is missing: its task has the data, but nobody knows since when."""
        for tracked in call.taken if call else ():
            transition.deliver(self._machine, time_ps, cpu, tracked, Place.APP, timed=False)

    def _tell_entry(self, call: TracedCall) -> None:
        call.told = True
        self._machine.tell(SyscallEntered(call.begun_ps, call.cpu, call.name))
        self._machine.tell(ModeSwitched(call.begun_ps, call.cpu, Mode.KERNEL, "syscall"))

    def _left(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        self._machine.calls_told |= record.point in _READ
        task, call = cpu.task, cpu.task.call
        task.call, task.traced = None, True
        enqueue_out_of_order(self._machine, time_ps, cpu, cpu.current)
        cpu.current = None
        if task.watched and call is not None and not call.told:
            self._tell_entry(call)  # it turned out in the call that the task is one of ours
        task.step = _work(call)
        cpu.ledger.change_task(time_ps, task.step)
        if task.watched:
            self._machine.tell(ModeSwitched(time_ps, cpu.number, Mode.USER, "syscall"))
        for tracked in call.taken if call else ():
            transition.deliver(self._machine, time_ps, cpu, tracked, Place.APP)


def _work(call: TracedCall | None) -> LedgerStep:
    """After a call a task works on the packet that it got. Without a packet its work is not told."""
    if call is None or not call.taken:
        return LedgerStep("", Account.USER)
    return LedgerStep("app_work", Account.USER, call.taken[-1].packet)


def shown(task: Task) -> str:
    """Its name on the tape; the idle task has one on each core, and is called idle."""
    return "idle" if task.pid == 0 else task.name or f"pid {task.pid}"
