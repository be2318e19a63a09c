"""A core: one context at a time, the most urgent first: hardirq > softirq > task.

Every picosecond is booked to one account. The rules of time, the words for it and the smallest program
that runs on a core stand at the head of this package, in hardware/__init__.py.
"""

from operator import attrgetter

from kbview.emulator.cost import Prices, Step
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.idle import Governor
from kbview.emulator.hardware.vector import Vector
from kbview.tape.events import NO_PACKET, Account, Mode, StepTaken
from kbview.tape.meter import CoreMeter

ACCOUNTS = tuple(Account)
IDLE, HARDIRQ, SOFTIRQ, KSOFTIRQD, SYSCALL, COPY, USER, POLL_USEFUL, POLL_EMPTY = range(len(ACCOUNTS))
USER_MODE, KERNEL_MODE = Mode.USER, Mode.KERNEL  # looking an enum member up costs more than a step
_DUE = attrgetter("due_ps")
SLICE_PS = 3_000_000_000  # sched_base_slice_ns of EEVDF with eight cores or more


class Context:
    """A program that can be resumed, with the account and the mode it left off in.

    `preemptible`: whether another task may come first where it yields.
    """

    __slots__ = ("account", "mode", "name", "preemptible", "process", "ran_ps", "runnable")

    def __init__(self, name: str, process: Process, account: int, mode: Mode) -> None:
        self.name = name
        self.process = process
        self.account = account
        self.mode = mode
        self.runnable = True
        self.preemptible = True
        self.ran_ps = 0


class Core:
    """A clock, a mode, and the contexts that run. `spend` moves the clock; others run only at `yield`.

    A program yields before it touches anything shared if `now_ps` is past `horizon_ps`: another actor
    is behind then, or an interrupt is due. `irq_due_ps` is when the first of its `vectors` fires.
    """

    def __init__(self, number: int, prices: Prices, governor: Governor, counts: WorkCounts) -> None:
        self.number = number
        self.now_ps = 0
        self.account = IDLE
        self.mode = KERNEL_MODE
        self.interrupted = KERNEL_MODE  # the mode that the last interrupt came in
        self.booked = [0] * len(ACCOUNTS)
        self.irq_due_ps = NEVER_PS
        self.vectors: list[Vector] = []
        self.softirq: Context | None = None
        self.tasks: list[Context] = []
        self.horizon_ps = 0
        self.slice_ps = SLICE_PS  # how far one task may get ahead of another
        self.due_ps = NEVER_PS
        self._counts = counts
        self._recorder = counts.recorder
        self._context_switch = prices.step("context_switch")
        self._current: Context | None = None  # whose account and mode are in force
        self._task: Context | None = None  # the task last run; None is the idle task
        self._since_ps = 0  # up to where the running task's time is counted
        self._rest_until_ps = NEVER_PS
        self._resting = True
        self._limit_ps = 0  # where the next actor is
        self._spin: Step | None = None
        self._idle_since_ps = 0
        self._governor = governor
        self._pollution = prices.step("cache_pollution")

    # ---- time ------------------------------------------------------------------------------

    def spend(self, step: Step, packet: int = NO_PACKET) -> None:
        """Take a step: move the clock and book the time to the account in force."""
        cost_ps = step.cost_ps
        step.count += 1
        self.booked[self.account] += cost_ps
        if self._recorder.steps:
            self._tell(step, packet)
        self.now_ps += cost_ps

    def spend_run(self, step: Step, count: int) -> None:
        """As `spend`, `count` times; only where single steps are not told."""
        step.count += count
        self.booked[self.account] += count * step.cost_ps
        self.now_ps += count * step.cost_ps

    def spend_waiting(self, step: Step, wait_ps: int, packet: int = NO_PACKET) -> None:
        """As `spend`, after the core has stalled for `wait_ps`, for which it is busy."""
        duration_ps = wait_ps + step.cost_ps
        step.count += 1
        step.extra_ps += wait_ps
        self.booked[self.account] += duration_ps
        if self._recorder.steps:
            self._tell(step, packet, 0, wait_ps)
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
        booked = self.booked
        booked[self.account] += step.cost_ps - copying.cost_ps
        booked[COPY] += copy_ps
        if self._recorder.steps:
            self._tell(step, packet, copy_ps)
        self.now_ps += step.cost_ps + extra_ps

    def _tell(self, step: Step, packet: int, copy_ps: int = 0, wait_ps: int = 0) -> None:
        time_ps, emit, number = self.now_ps, self._recorder.emit, self.number
        for part in step.parts:
            duration_ps, account = wait_ps + part.cost_ps, ACCOUNTS[self.account]
            if part.copying:
                duration_ps, account = copy_ps, Account.COPY
            emit(StepTaken(time_ps, number, packet, part.name, duration_ps, account))
            time_ps += duration_ps
            if packet in self._recorder.open:
                self._recorder.end(part.name, packet, time_ps)

    # ---- who runs --------------------------------------------------------------------------

    def compute_due(self) -> None:
        """Set `due_ps`: now, or for a resting core the time at which its rest ends."""
        if self._resting:
            until_ps, irq_due_ps = self._rest_until_ps, self.irq_due_ps
            self.due_ps = until_ps if until_ps < irq_due_ps else irq_due_ps
        else:
            self.due_ps = self.now_ps

    @property
    def resting(self) -> bool:
        """Whether it idles or spins."""
        return self._resting

    def run(self, horizon_ps: int) -> None:
        """Run the most urgent context, and again, until the clock passes `horizon_ps`."""
        self._limit_ps = horizon_ps
        if self._resting:
            self._end_rest(self.due_ps)
        while self.now_ps <= self._limit_ps:
            if self.irq_due_ps <= self.now_ps:
                self._interrupt()
                continue
            context = self.softirq or self._pick()
            if context is None:
                self._go_idle()
                break
            if context is not self._current:
                self._enter(context)
            limit_ps, irq_due_ps = self._limit_ps, self.irq_due_ps
            self.horizon_ps = limit_ps if limit_ps < irq_due_ps else irq_due_ps
            if next(context.process, self) is self:
                self._leave(context)
            elif self._resting:
                break
        self.compute_due()

    def _pick(self) -> Context | None:
        """The running task, or the runnable task with the least run time; None if none is runnable."""
        if len(self.tasks) == 1:
            only = self.tasks[0]
            return only if only.runnable else None
        task = self._task
        if task is not None:
            task.ran_ps += self.now_ps - self._since_ps
            self._since_ps = self.now_ps
            if not task.preemptible:
                return task
        self._limit_ps = min(self._limit_ps, self.now_ps + self.slice_ps)  # look again after a slice
        ready = [each for each in self.tasks if each.runnable]
        if not ready:
            return None
        fairest = min(ready, key=lambda each: each.ran_ps)
        if task is not None and task in ready and task.ran_ps < fairest.ran_ps + self.slice_ps:
            return task
        return fairest

    def need_resched(self) -> bool:
        """Whether another task should take the core from the task that runs or is interrupted."""
        task = self._task
        if task is None or not task.runnable:
            return any(each.runnable for each in self.tasks)
        enough_ps = task.ran_ps + self.now_ps - self._since_ps - self.slice_ps
        return any(
            each.runnable and each.ran_ps <= enough_ps for each in self.tasks if each is not task
        )

    @property
    def contended(self) -> bool:
        """Whether more than one task could run."""
        return len(self.tasks) > 1 and sum(each.runnable for each in self.tasks) > 1

    @property
    def turn_ends_ps(self) -> int:
        """Time at which the running task gives way to another runnable task; NEVER_PS without one."""
        task = self._task
        others = [each.ran_ps for each in self.tasks if each.runnable and each is not task]
        if task is None or not others:
            return NEVER_PS
        return self._since_ps + max(0, min(others) + self.slice_ps - task.ran_ps)

    def _enter(self, context: Context) -> None:
        """Change to another context. A change to another task is a context switch."""
        self._save()
        if context is not self.softirq and context is not self._task:
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
            self.tasks.remove(context)

    def _switch_task(self, task: Context | None) -> None:
        self.account = SYSCALL if task is None or task.account != KSOFTIRQD else KSOFTIRQD
        self._counts.context_switched(self, task.name if task else "idle")
        if self.mode is USER_MODE:
            self._set_mode(KERNEL_MODE, "switch")
        self.spend(self._context_switch)
        self._task = task
        self._since_ps = self.now_ps

    def _interrupt(self) -> None:
        """The first vector fires: the handler runs before every other context."""
        self._save()
        self.account = HARDIRQ
        self.interrupted = self.mode
        if self.mode is USER_MODE:
            self._set_mode(KERNEL_MODE, "irq")
            self.spend(self._pollution)
        vectors = self.vectors
        vector = vectors[0] if len(vectors) == 1 else min(vectors, key=_DUE)
        vector.due_ps = NEVER_PS
        self.irq_due_ps = NEVER_PS if len(vectors) == 1 else min(map(_DUE, vectors))
        vector.handler(self)

    def vectors_changed(self) -> None:
        """A vector was armed: find the one that fires first."""
        vectors = self.vectors
        due_ps = vectors[0].due_ps if len(vectors) == 1 else min(map(_DUE, vectors))
        self.irq_due_ps = due_ps
        if self._resting:
            self.compute_due()
        elif due_ps < self.horizon_ps:
            self.horizon_ps = due_ps

    # ---- mode ------------------------------------------------------------------------------

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
        if self._task is not None:
            self._switch_task(None)
        self.account = IDLE
        self._rest_until_ps = NEVER_PS
        self._resting = True
        self._idle_since_ps = self.now_ps

    def spin(self, empty_poll: Step, until_ps: int) -> None:
        """Poll an empty ring until `until_ps`. The program yields next if the core is then at rest."""
        self._spin = empty_poll
        self._rest_until_ps = until_ps
        self._resting = True
        if until_ps <= self.horizon_ps and until_ps < NEVER_PS:
            self._end_rest(until_ps)

    def _end_rest(self, at_ps: int) -> None:
        if self._spin is None:
            at_ps += self._governor.wake(at_ps - self._idle_since_ps)
        self.book_rest(at_ps)
        self._resting = False
        self._spin = None
        self.due_ps = self.now_ps

    def pay_and_wake(self, task: Context, waker: "Core", step: Step, exit_ps: int = 0) -> None:
        """The waker pays `step` to wake a task of this core, which takes `exit_ps` more if it idles."""
        waker.spend(step)
        self._counts.task_woken(waker, task.name)
        self.make_runnable(task, waker.now_ps + exit_ps, waker)

    def make_runnable(self, task: Context, at_ps: int, waker: "Core") -> None:
        """Make a task runnable. An idle core ends its rest at `at_ps`; the waker lets it run by then.

        A task that slept is owed one slice at most and comes before tasks that ran meanwhile:
        place_entity() in kernel/sched/fair.c.
        """
        others = [each.ran_ps for each in self.tasks if each.runnable]
        task.runnable = True
        if others:
            task.ran_ps = max(task.ran_ps, min(others) - self.slice_ps)
        if self._resting and self is not waker:
            self._end_rest(at_ps)
            waker.give_way_by(self.now_ps)

    def give_way_by(self, due_ps: int) -> None:
        """Let an actor that this core made due at `due_ps` run before this core passes that time."""
        self._limit_ps = min(self._limit_ps, due_ps)
        self.horizon_ps = min(self.horizon_ps, due_ps)

    def shorten_rest(self, at_ps: int) -> None:
        """End the rest at `at_ps` if it would last longer."""
        self._rest_until_ps = min(self._rest_until_ps, at_ps)
        self.compute_due()

    def book_rest(self, until_ps: int) -> None:
        """Book a resting core's time up to `until_ps`."""
        gap_ps = until_ps - self.now_ps
        if not self._resting or gap_ps <= 0:
            return
        if self._spin is None:
            self.booked[IDLE] += gap_ps
            self.now_ps = until_ps
            return
        self._poll_empty(self._spin, -(-gap_ps // self._spin.cost_ps))

    def _poll_empty(self, step: Step, polls: int) -> None:
        duration_ps = polls * step.cost_ps
        step.count += polls
        self.booked[POLL_EMPTY] += duration_ps
        self._counts.spun(self, duration_ps, polls)
        self.now_ps += duration_ps

    # ---- set-up ----------------------------------------------------------------------------

    def start(self, task: Context) -> None:
        """Put a program on this core that runs from now on, as if it always had."""
        self.tasks.append(task)
        self._task = task
        self.mode = task.mode
        self._resting = False
        self.compute_due()

    def clear(self) -> None:
        """Take every program off; the core idles."""
        self.tasks.clear()
        self.vectors.clear()
        self.softirq = self._task = self._current = self._spin = None
        self.irq_due_ps = self._rest_until_ps = NEVER_PS
        self.mode, self.account, self._resting = KERNEL_MODE, IDLE, True
        self._idle_since_ps = self.now_ps
        self.compute_due()

    def meter(self) -> CoreMeter:
        """The accounts of this core and the task on it."""
        booked = {f"{account}_ps": ps for account, ps in zip(ACCOUNTS, self.booked, strict=True)}
        return CoreMeter(self.number, self._task.name if self._task else "idle", **booked)
