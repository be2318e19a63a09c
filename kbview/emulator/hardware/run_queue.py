"""The tasks of a core, and the rule that shares the core's time among them.

The runnable task with the least run time gets the core and keeps it until it is one slice ahead of
another runnable task. Linux: kernel/sched/fair.c
"""

from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.account import USER
from kbview.tape.event import Mode

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


def thread(name: str, process: Process) -> Context:
    """A thread of an application, which begins in user mode."""
    return Context(name, process, USER, Mode.USER)


class RunQueue:
    """`tasks` are all tasks of the core. `running` is the task that ran last; None is the idle task.

    `changes` counts the times at which a task got the core after another task, idle time left out.
    """

    def __init__(self) -> None:
        self.tasks: list[Context] = []
        self.running: Context | None = None
        self.changes = 0
        self._latest: Context | None = None  # the last task that was not idle
        self.slice_ps = SLICE_PS
        self._since_ps = 0  # time up to which the running task's time is counted

    def pick(self, now_ps: int) -> Context | None:
        """The running task, or the runnable task with the least run time; None if none is runnable."""
        task = self.running
        if task is not None:
            task.ran_ps += now_ps - self._since_ps
            self._since_ps = now_ps
            if not task.preemptible:
                return task
        ready = [each for each in self.tasks if each.runnable]
        if not ready:
            return None
        fairest = min(ready, key=lambda each: each.ran_ps)
        if task is not None and task in ready and task.ran_ps < fairest.ran_ps + self.slice_ps:
            return task
        return fairest

    def add(self, task: Context) -> None:
        """A task joins; it runs when it is picked."""
        self.tasks.append(task)

    def start(self, task: Context) -> None:
        """A task joins that runs already."""
        self.tasks.append(task)
        self._latest = task
        self.running = task

    def clear(self) -> None:
        """Remove every task; the idle task runs."""
        self.tasks.clear()
        self._latest = None
        self.running = None

    def switch(self, task: Context | None, now_ps: int) -> None:
        """Another task runs from `now_ps` on; None is the idle task."""
        self.running = task
        self._since_ps = now_ps
        if task is not None and task is not self._latest:
            self.changes += 1
            self._latest = task

    def place(self, task: Context) -> None:
        """Make a task runnable.

        A task that slept is owed one slice at most and comes before tasks that ran meanwhile:
        place_entity() in kernel/sched/fair.c.
        """
        others = [each.ran_ps for each in self.tasks if each.runnable]
        task.runnable = True
        if others:
            task.ran_ps = max(task.ran_ps, min(others) - self.slice_ps)

    def need_resched(self, now_ps: int) -> bool:
        """Whether another task should take the core from the task that runs or is interrupted."""
        task = self.running
        if task is None or not task.runnable:
            return any(each.runnable for each in self.tasks)
        enough_ps = task.ran_ps + now_ps - self._since_ps - self.slice_ps
        return any(
            each.runnable and each.ran_ps <= enough_ps for each in self.tasks if each is not task
        )

    @property
    def name(self) -> str:
        """The name of the running task."""
        return "idle" if self.running is None else self.running.name

    @property
    def contended(self) -> bool:
        """Whether more than one task could run."""
        return len(self.tasks) > 1 and sum(each.runnable for each in self.tasks) > 1

    @property
    def turn_ends_ps(self) -> int:
        """Time at which the running task gives way to another runnable task; NEVER_PS without one."""
        task = self.running
        others = [each.ran_ps for each in self.tasks if each.runnable and each is not task]
        if task is None or not others:
            return NEVER_PS
        return self._since_ps + max(0, min(others) + self.slice_ps - task.ran_ps)
