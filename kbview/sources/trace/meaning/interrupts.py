"""The meaning of the tracepoints of interrupts, softirqs and polls."""

from collections.abc import Callable
from typing import Any, Literal, cast

from kbview.sources.trace.meaning import transition
from kbview.sources.trace.meaning.ledger import LedgerStep
from kbview.sources.trace.meaning.machine_state import Cpu, Interrupt, MachineState, SoftirqRun
from kbview.sources.trace.meaning.record import TraceRecord, in_hardirq, in_softirq
from kbview.sources.trace.meaning.transition import enqueue_out_of_order
from kbview.tape.events import (
    NO_PACKET,
    Account,
    IrqRaised,
    IrqUnmasked,
    NapiPolled,
    SoftirqEntered,
    SoftirqExited,
)
from kbview.tape.vocabulary import Place

NET_RX = 3  # include/linux/interrupt.h
NO_DEVICE = "(no_device)"  # the backlog's NAPI instance belongs to none

Handler = Callable[[int, Cpu, TraceRecord], None]


class Interrupts:
    """How a core comes to look for packets."""

    def __init__(self, machine: MachineState) -> None:
        self._machine = machine
        self._have_vectors = False
        self._instances: dict[Any, int] = {}  # struct napi_struct, and the queue that it is
        self.handlers: dict[str, Handler] = {
            "irq_handler_entry": self._irq_entered,
            "irq_handler_exit": self._irq_left,
            "softirq_raise": self._raised,
            "softirq_entry": self._entered,
            "softirq_exit": self._left,
            "napi_poll": self._polled,
        }

    def _irq_entered(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        number = record.values[0]
        cpu.interrupt = Interrupt(time_ps, number)
        cpu.ledger.push(time_ps, LedgerStep("hardirq", Account.HARDIRQ))
        if number in self._machine.target.vectors:
            self._tell_irq(cpu, cpu.interrupt)

    def _tell_irq(self, cpu: Cpu, interrupt: Interrupt) -> None:
        """It is for received frames: by its number, or because the receive softirq is raised in it."""
        if not interrupt.told:
            interrupt.told = self._have_vectors = True
            queue = self._machine.target.vectors.get(interrupt.number, 0)
            self._machine.tell(IrqRaised(interrupt.begun_ps, cpu.number, queue))

    def _irq_left(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        if cpu.interrupt is not None and cpu.interrupt.number == record.values[0]:
            cpu.interrupt = None
            cpu.ledger.pop(time_ps, 2 if cpu.run else 1)

    def _raised(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """The context that raises it decides how it is entered; net_rx_action does when work is left.

        A text without flags has the same context: an interrupt that is handled, a softirq that runs.
        """
        del time_ps
        if record.values[0] != NET_RX:
            return
        in_interrupt = in_hardirq(record.flags) or cpu.interrupt is not None
        cpu.raised_by = _entry(in_interrupt, in_softirq(record.flags) or cpu.run is not None)
        if cpu.interrupt is not None:
            self._tell_irq(cpu, cpu.interrupt)
        if cpu.run is not None and not in_interrupt:
            cpu.run.raised = True

    def _entered(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        if record.values[0] != NET_RX:
            return
        if cpu.run is not None:
            self._leave(time_ps, cpu)
        threaded = cpu.task.name.startswith("ksoftirqd/")
        cpu.run = SoftirqRun(time_ps, "ksoftirqd" if threaded else cpu.raised_by)
        account = Account.KSOFTIRQD if threaded else Account.SOFTIRQ
        cpu.ledger.push(time_ps, LedgerStep("", account))

    def _left(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        if record.values[0] == NET_RX and cpu.run is not None:
            self._leave(time_ps, cpu)

    def _leave(self, time_ps: int, cpu: Cpu) -> None:
        run = cast(SoftirqRun, cpu.run)
        cpu.run = None
        cpu.ledger.pop(time_ps, 1)
        settle(self._machine, time_ps, cpu)
        if run.ours:
            self._machine.tell(SoftirqExited(time_ps, cpu.number, self._squeezed(run, time_ps)))

    def _squeezed(self, run: SoftirqRun, time_ps: int) -> bool:
        """Work was left, and one of the two budgets was used up (net/core/dev.c net_rx_action)."""
        target = self._machine.target
        spent = run.work >= target.budget or time_ps - run.begun_ps >= target.budget_ps
        return run.raised and spent

    def _polled(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        instance, device, work, budget = record.values
        run = cpu.run
        if work is None:  # Linux before 4.8 prints neither work nor budget
            self._poll_ended(time_ps, cpu)
            return
        if run is not None:
            run.work += work
        own = device == self._machine.target.device
        if own or (device == NO_DEVICE and run is not None and run.received):
            ours(self._machine, cpu)
            queue = self._queue(instance) if own else cpu.number
            self._machine.tell(NapiPolled(time_ps, cpu.number, queue, work, budget))
            if own and self._have_vectors and work < budget:
                self._machine.tell(IrqUnmasked(time_ps, cpu.number, queue))
        self._poll_ended(time_ps, cpu)

    def _poll_ended(self, time_ps: int, cpu: Cpu) -> None:
        if cpu.run is not None:
            cpu.run.received = False
            next_step(cpu, time_ps, "net_rx_action")
        settle(self._machine, time_ps, cpu)

    def _queue(self, instance: Any) -> int:
        """Instances are numbered as they are first heard of."""
        return self._instances.setdefault(instance, len(self._instances))


def _entry(in_interrupt: bool, within_softirq: bool) -> str:
    if within_softirq:  # perhaps by an interrupt in the middle of one
        return "restart"
    return "irq_exit" if in_interrupt else "local_bh_enable"


def next_step(cpu: Cpu, time_ps: int, name: str, packet: int = NO_PACKET) -> None:
    """The softirq run goes on to another step, which is told if the run is ours.

    Outside a run the task's own step goes on.
    """
    if cpu.run is not None:
        step = LedgerStep(name if cpu.run.ours else "", cpu.ledger.levels[-1].account, packet)
        cpu.ledger.begin(time_ps, step)


def ours(machine: MachineState, cpu: Cpu) -> None:
    """Something of the watched interface happened in this run: now its beginning is worth telling."""
    run = cpu.run
    if run is not None and not run.ours:
        run.ours = True
        cpu.ledger.levels[-1].name = "softirq_dispatch"
        by = cast(Literal["irq_exit", "restart", "ksoftirqd", "local_bh_enable"], run.by)
        target = machine.target
        limits = (target.budget, target.budget_ps) if target.budgets_read else ()
        machine.tell(SoftirqEntered(run.begun_ps, cpu.number, by, *limits))


def settle(machine: MachineState, time_ps: int, cpu: Cpu) -> None:
    """A poll is over: the packets that were still climbing got as far as they were seen."""
    for tracked in cpu.climbing:
        if tracked.ended or tracked.socket is not None:
            continue
        tracked.seen_ps = time_ps
        surely = tracked.payload == 0 or machine.ends_told  # else it may be dropped unrecorded
        if tracked.layer == Place.TCP and not tracked.payload and surely:  # by TCP: no tracepoint
            transition.take_in(machine, time_ps, cpu, tracked, Place.TCP)
        elif tracked.payload:
            enqueue_out_of_order(machine, time_ps, cpu, tracked)
        else:
            machine.tracked_skbs.loosen(tracked, time_ps)
    cpu.climbing.clear()
    cpu.current = cpu.ready = cpu.held = cpu.filled = None
