"""Tasks: who runs on a core, in which mode, and who woke it."""

from kbview.tape.event import Event, Mode


class TaskWoken(Event):
    """A sleeping task became runnable. Tracepoint sched:sched_waking."""

    cpu: int
    task: str


class SyscallEntered(Event):
    """The application asked the kernel. Tracepoint syscalls:sys_enter_<name>."""

    cpu: int
    name: str


class ModeSwitched(Event):
    """The core changed privilege, same task. `why` is "syscall" or "irq"."""

    cpu: int
    to: Mode
    why: str


class ContextSwitched(Event):
    """Another task runs now. Tracepoint sched:sched_switch."""

    cpu: int
    to: str
