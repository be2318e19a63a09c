"""A core: one context at a time, the most urgent first: hardirq > softirq > task.

Every picosecond is booked to one account. hardware/__init__.py has the rules of time and an example.
"""

from kbview.emulator.cost import Prices, Step
from kbview.emulator.engine import NEVER_PS, Actor
from kbview.emulator.hardware.account import (
    COPY,
    HARDIRQ,
    IDLE,
    KSOFTIRQD,
    POLL_EMPTY,
    SYSCALL,
    USER,
    by_name,
    opened,
)
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.idle import Governor
from kbview.emulator.hardware.placement import CorePlace
from kbview.emulator.hardware.run_queue import Context, RunQueue
from kbview.emulator.hardware.step_parts import StepParts
from kbview.emulator.hardware.vector import Vector, first_due
from kbview.tape.events import NO_PACKET, Mode
from kbview.tape.meter import CoreMeter

USER_MODE = Mode.USER  # looking an enum member up costs more than a step
KERNEL_MODE = Mode.KERNEL


class Core(Actor):
    """A clock, a mode, and the contexts that run. `spend` moves the clock; others run only at `yield`.

    A program yields before it touches anything shared if `now_ps` is past `horizon_ps`: another actor
    is behind then, or an interrupt is due. `irq_due_ps` is when the first of its `vectors` fires.
    """

    def __init__(self, seat: CorePlace, prices: Prices, governor: Governor, counts: WorkCounts) -> None:
        self.place, self.number = seat, seat.number
        self.account, self.mode = IDLE, KERNEL_MODE
        self.interrupted = KERNEL_MODE  # the mode that the last interrupt came in
        self.booked = opened()
        self.vectors: list[Vector] = []
        self.softirq: Context | None = None
        self.run_queue = RunQueue()
        self.now_ps = self.horizon_ps = self.limit_ps = 0  # the limit: where the next actor is
        self.due_ps = self.irq_due_ps = self._rest_until_ps = NEVER_PS
        self._counts = counts
        self._recorder, self._parts = counts.recorder, StepParts(counts.recorder, self.number)
        self._context_switch = prices.step("context_switch")
        self._idle_switch, self._pollution = prices.step("idle_switch"), prices.step("cache_pollution")
        self._current: Context | None = None  # whose account and mode are in force
        self.resting = True
        self._spin: Step | None = None
        self.governor, self._idle_since_ps = governor, 0

    def spend(self, step: Step, packet: int = NO_PACKET) -> None:
        """Take a step: move the clock and book the time to the account in force."""
        cost_ps = step.cost_ps
        step.count += 1
        booked, account = self.booked, self.account
        booked[account] = booked[account] + cost_ps
        if self._recorder.steps:
            self._parts.tell(step, packet, self.now_ps, self.account)
        self.now_ps += cost_ps

    def spend_run(self, step: Step, count: int) -> None:
        """As `spend`, `count` times; only where single steps are not told."""
        step.count += count
        account, duration_ps = self.account, count * step.cost_ps
        self.booked[account] = self.booked[account] + duration_ps
        self.now_ps += duration_ps

    def delay_ps(self, _step: Step) -> int:
        """The time that a step takes longer if it begins now, ps; 0 but for a thread of a core."""
        return 0

    def spend_waiting(self, step: Step, wait_ps: int, packet: int = NO_PACKET) -> None:
        """As `spend`, after the core has stalled for `wait_ps`, for which it is busy."""
        duration_ps = wait_ps + step.cost_ps
        step.count += 1
        step.extra_ps += wait_ps
        self.booked[self.account] += duration_ps
        if self._recorder.steps:
            self._parts.tell(step, packet, self.now_ps, self.account, wait_ps=wait_ps)
        self.now_ps += duration_ps

    def spend_copying(self, step: Step, length: int, packet: int = NO_PACKET) -> None:
        """As `spend`, for a step that copies `length` bytes: the copy is booked to its own account."""
        copying = step.copying
        if copying is None:
            raise ValueError(f"step {step.name} copies nothing")
        extra_ps = int(copying.ps_per_byte * length)
        copy_ps = copying.cost_ps + extra_ps
        copying.extra_ps += extra_ps
        step.count += 1
        booked, account = self.booked, self.account
        booked[account] = booked[account] + step.cost_ps - copying.cost_ps
        booked[COPY] = booked[COPY] + copy_ps
        if self._recorder.steps:
            self._parts.tell(step, packet, self.now_ps, self.account, copy_ps)
        self.now_ps += step.cost_ps + extra_ps

    # ---- contexts and modes ----------------------------------------------------------------

    def compute_due(self) -> None:
        """Set `due_ps`: now, or for a resting core the time at which its rest ends."""
        if self.resting:
            until_ps, irq_due_ps = self._rest_until_ps, self.irq_due_ps
            self.due_ps = until_ps if until_ps < irq_due_ps else irq_due_ps
        else:
            self.due_ps = self.now_ps

    def run(self, horizon_ps: int) -> None:
        """Run the most urgent context, and again, until the clock passes `horizon_ps`."""
        self.limit_ps = horizon_ps
        if self.resting:
            self._end_rest(self.due_ps)
        while self.now_ps <= self.limit_ps:
            if self.irq_due_ps <= self.now_ps:
                self._interrupt()
                continue
            context = self.softirq or self._pick()
            if context is None:
                self._go_idle()
                break
            if context is not self._current:
                self._enter(context)
            limit_ps, irq_due_ps = self.limit_ps, self.irq_due_ps
            self.horizon_ps = limit_ps if limit_ps < irq_due_ps else irq_due_ps
            for _ in context.process:  # up to its next yield; compiled code has no look-up here
                break
            else:
                self._leave(context)
            if self.resting:
                break
        self.compute_due()

    def _pick(self) -> Context | None:
        """The task that runs next; another of several tasks may run after a slice."""
        run_queue = self.run_queue
        tasks = run_queue.tasks
        if len(tasks) == 1:
            return tasks[0] if tasks[0].runnable else None
        task = run_queue.pick(self.now_ps)
        if task is not None and task.preemptible:
            self.limit_ps = min(self.limit_ps, self.now_ps + run_queue.slice_ps)
        return task

    def _enter(self, context: Context) -> None:
        """Change to another context. A change to another task is a context switch."""
        self._save()
        if context is not self.softirq and context is not self.run_queue.running:
            self._switch_task(context)
        self._current = context
        self.account = context.account
        if context.mode is not self.mode:
            self._set_mode(context.mode, "irq")

    def _save(self) -> None:
        if self._current is not None:
            self._current.account = self.account
            self._current = None

    def _leave(self, context: Context) -> None:
        """A program has come to its end."""
        self._current = None
        if context is self.softirq:
            self.softirq = None
        else:
            self.run_queue.tasks.remove(context)

    def _switch_task(self, task: Context | None) -> None:
        self.account = SYSCALL if task is None or task.account != KSOFTIRQD else KSOFTIRQD
        self._counts.context_switched(self, task.name if task else "idle")
        if self.mode is USER_MODE:
            self._set_mode(KERNEL_MODE, "switch")
        idle = task is None or self.run_queue.running is None  # enter_lazy_tlb(): one address space
        self.spend(self._idle_switch if idle else self._context_switch)
        self.run_queue.switch(task, self.now_ps)

    def _interrupt(self) -> None:
        """The first vector fires: the handler runs before every other context."""
        self._save()
        self.account = HARDIRQ
        self.interrupted = self.mode
        if self.mode is USER_MODE:
            self._set_mode(KERNEL_MODE, "irq")
            self.spend(self._pollution)
        vector = first_due(self.vectors)
        vector.fired_ps, vector.due_ps = vector.due_ps, NEVER_PS
        self.irq_due_ps = first_due(self.vectors).due_ps
        vector.handler(self)

    def vectors_changed(self) -> None:
        """A vector was armed: find the one that fires first."""
        due_ps = self.irq_due_ps = first_due(self.vectors).due_ps
        if self.resting:
            self.compute_due()
        elif due_ps < self.horizon_ps:
            self.horizon_ps = due_ps

    def enter_kernel(self, task: Context, step: Step, call: str) -> None:
        """The running task makes a system call: it crosses the wall and pays for the entry."""
        self.mode = task.mode = KERNEL_MODE
        self.account = SYSCALL
        self._counts.syscall(self, call)
        self.spend(step)

    def leave_kernel(self, task: Context) -> None:
        """The system call returns; its exit was part of its last step."""
        self.mode = task.mode = USER_MODE
        self.account = USER
        self._counts.mode_switched(self, USER_MODE, "syscall")

    def _set_mode(self, mode: Mode, why: str) -> None:
        self.mode = mode
        self._counts.mode_switched(self, mode, why)

    # ---- rest ------------------------------------------------------------------------------

    def _go_idle(self) -> None:
        self._save()
        if self.run_queue.running is not None:
            self._switch_task(None)
        self.account = IDLE
        self._rest_until_ps = NEVER_PS
        self.resting = True
        self._idle_since_ps = self.now_ps

    def spin(self, empty_poll: Step, until_ps: int) -> None:
        """Poll an empty ring until `until_ps`. The program yields next if the core is then at rest."""
        self._spin = empty_poll
        self._rest_until_ps = until_ps
        self.resting = True
        if until_ps <= self.horizon_ps and until_ps < NEVER_PS:
            self._end_rest(until_ps)

    def _end_rest(self, at_ps: int) -> None:
        if self._spin is None:
            at_ps += self.governor.wake(at_ps - self._idle_since_ps)
        self.book_rest(at_ps)
        self.resting = False
        self._spin = None
        self.due_ps = self.now_ps

    def make_runnable(self, task: Context, at_ps: int, waker: "Core") -> None:
        """Make a task runnable; an idle core ends its rest at `at_ps`, and the waker lets it run."""
        self.run_queue.place(task)
        if self.resting and self is not waker:
            self._end_rest(at_ps)
            waker.give_way_by(self.now_ps)

    def give_way_by(self, due_ps: int) -> None:
        """Let an actor that this core made due at `due_ps` run before this core passes that time."""
        self.limit_ps = min(self.limit_ps, due_ps)
        self.horizon_ps = min(self.horizon_ps, due_ps)

    def shorten_rest(self, at_ps: int) -> None:
        """End the rest at `at_ps` if it would last longer."""
        self._rest_until_ps = min(self._rest_until_ps, at_ps)
        self.compute_due()

    def book_rest(self, until_ps: int) -> None:
        """Book a resting core's time up to `until_ps`."""
        gap_ps = until_ps - self.now_ps
        if not self.resting or gap_ps <= 0:
            return
        if self._spin is None:
            self.booked[IDLE] = self.booked[IDLE] + gap_ps
            self.now_ps = until_ps
            return
        polls = -(-gap_ps // self._spin.cost_ps)
        duration_ps = polls * self._spin.cost_ps
        self._spin.count += polls
        self.booked[POLL_EMPTY] = self.booked[POLL_EMPTY] + duration_ps
        self._counts.spun(self, duration_ps, polls)
        self.now_ps += duration_ps

    def start(self, task: Context) -> None:
        """Put a program on this core that runs from now on, as if it always had."""
        self.run_queue.start(task)
        self.mode = task.mode
        self.resting = False
        self.compute_due()

    def clear(self) -> None:
        """Take every program off; the core idles."""
        self.run_queue.clear()
        self.vectors.clear()
        self.softirq = self._current = self._spin = None
        self.irq_due_ps = self._rest_until_ps = NEVER_PS
        self.mode, self.account, self.resting = KERNEL_MODE, IDLE, True
        self._idle_since_ps = self.now_ps
        self.compute_due()

    def meter(self) -> CoreMeter:
        """The accounts of this core and the task on it."""
        return CoreMeter(self.number, self.run_queue.name, **by_name(self.booked))
