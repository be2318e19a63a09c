"""Tasks: the running task of each core, its mode, and wake-ups."""

from collections.abc import Sequence
from typing import Self

from kbview.tape.event import Event, Meaning, Mode
from kbview.tape.meter import Meters


class TaskWoken(Event):
    """A sleeping task became runnable."""

    cpu: int
    task: str

    tracepoint = "sched:sched_waking"
    meaning = Meaning("try_to_wake_up()", "There is work for a sleeping task, so it is made runnable.")

    def change(self, meters: Meters) -> None:
        meters.wakeups += 1


class SyscallEntered(Event):
    """The application asked the kernel."""

    cpu: int
    name: str

    tracepoint = "syscalls:sys_enter_<name>"
    meaning = Meaning("a system call", "The application asks the kernel.")

    def change(self, meters: Meters) -> None:
        meters.syscalls += 1

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        meters.syscalls += len(events)


class ModeSwitched(Event):
    """The core changed privilege, same task. `why` is "syscall" or "irq"."""

    cpu: int
    to: Mode
    why: str

    meaning = Meaning(
        "", "The core changed its privilege: the wall between user and kernel was crossed."
    )

    def change(self, meters: Meters) -> None:
        meters.mode_switches += 1

    @classmethod
    def change_all(cls, meters: Meters, events: Sequence[Self]) -> None:
        meters.mode_switches += len(events)


class ContextSwitched(Event):
    """Another task runs now."""

    cpu: int
    to: str

    tracepoint = "sched:sched_switch"
    meaning = Meaning("context_switch()", "Another task runs on this core.")

    def change(self, meters: Meters) -> None:
        meters.context_switches += 1
        meters.core(self.cpu).task = self.to
