"""The tasks of a core, and the rule that shares the core's time among them.

The runnable task with the least virtual run time gets the core and keeps it until it is one slice ahead
of another runnable task. The time of a task of weight w counts 1024/w times: two tasks that are always
runnable share the core as their weights. Linux: kernel/sched/fair.c, kernel/sched/core.c
"""

from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.account import USER
from kbview.tape.event import Mode

NICE_0_LOAD = 1024
# sched_prio_to_weight: the weight of nice -20 to 19, about a quarter more for each step down.
_WEIGHTS = (
    *(88761, 71755, 56483, 46273, 36291, 29154, 23254, 18705, 14949, 11916),
    *(9548, 7620, 6100, 4904, 3906, 3121, 2501, 1991, 1586, 1277),
    *(1024, 820, 655, 526, 423, 335, 272, 215, 172, 137),
    *(110, 87, 70, 56, 45, 36, 29, 23, 18, 15),
)
SLICE_PS = 3_000_000_000  # sched_base_slice_ns of EEVDF with eight cores or more


def weight_of(nice: int) -> int:
    """The weight of a nice value from -20 to 19."""
    return _WEIGHTS[nice + 20]


class Context:
    """A program that can be resumed, with the account and the mode it left off in.

    `preemptible`: whether another task may come first where it yields. `ran_ps`: virtual run time.
    """

    __slots__ = ("account", "mode", "name", "preemptible", "process", "ran_ps", "runnable", "weight")

    def __init__(self, name: str, process: Process, account: int, mode: Mode) -> None:
        self.name = name
        self.process = process
        self.account = account
        self.mode = mode
        self.runnable = True
        self.preemptible = True
        self.ran_ps = 0
        self.weight = NICE_0_LOAD

    def virtual_ps(self, ran_ps: int) -> int:
        """Run time as the scheduler counts it: calc_delta_fair()."""
        return ran_ps if self.weight == NICE_0_LOAD else ran_ps * NICE_0_LOAD // self.weight


def thread(name: str, process: Process) -> Context:
    """A thread of an application, which begins in user mode."""
    return Context(name, process, USER, Mode.USER)


class RunQueue:
    """`tasks` are all tasks of the core. `running` is the task that ran last; None is the idle task.

    `changes` counts the times at which a task got the core after another task, idle time left out.
    `user_weight` is the weight of the application's threads; kernel threads have nice 0.
    """

    def __init__(self) -> None:
        self.tasks: list[Context] = []
        self.running: Context | None = None
        self.changes = 0
        self._latest: Context | None = None  # the last task that was not idle
        self.slice_ps = SLICE_PS
        self.user_weight = NICE_0_LOAD
        self._since_ps = 0  # time up to which the running task's time is counted

    def pick(self, now_ps: int) -> Context | None:
        """The running task, or the runnable task with the least run time; None if none is runnable."""
        task = self.running
        if task is not None:
            task.ran_ps += task.virtual_ps(now_ps - self._since_ps)
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
        if task.mode is Mode.USER:
            task.weight = self.user_weight
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
        enough_ps = task.ran_ps + task.virtual_ps(now_ps - self._since_ps) - self.slice_ps
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
        left_ps = max(0, min(others) + self.slice_ps - task.ran_ps)
        return self._since_ps + left_ps * task.weight // NICE_0_LOAD
