"""Sleeping and waking: a task waits in a system call until another context wakes it.

A wake-up of another core costs an inter-processor interrupt and the exit from the idle state.
Linux: kernel/sched/core.c try_to_wake_up()
"""

from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.memory import L1_LINES
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.keys import MOST, Keys, ScenarioError, meaning, number

RecvCall = Literal["recv", "read", "recvmsg", "recvmmsg"]
RECV_CALLS: tuple[RecvCall, ...] = get_args(RecvCall)


Wait = Literal["read", "epoll"]


@dataclass(frozen=True, kw_only=True)
class ReadSettings(Keys):
    """The reading calls of an application."""

    wait: Annotated[
        Wait,
        meaning("how the application waits: in a blocking read, or in epoll_wait()"),
    ] = "epoll"
    recv_call: Annotated[RecvCall, meaning("the system call that reads datagrams")] = "recv"
    recv_batch: Annotated[
        int,
        number(
            "datagrams that one recvmmsg() may take (UIO_MAXIOV is 1024)", "datagrams", ge=1, le=1024
        ),
    ] = 32
    read_size: Annotated[
        int, number("buffer of the application for a read of a stream", "bytes", ge=1, le=MOST)
    ] = 131_072  # iperf's
    cold_copies: Annotated[
        bool, meaning("whether the copy of a datagram that has left the cache waits for its lines")
    ] = False
    app_lines: Annotated[
        int,
        number(
            "cache lines that the work on each datagram reads again; a call displaces some of them",
            "lines",
            ge=0,
            le=L1_LINES,
        ),
    ] = 0

    def check_together(self) -> None:
        super().check_together()
        if self.cold_copies and self.recv_call == "recvmmsg":
            raise ScenarioError('cold_copies has no price for recvmmsg(); use recv_call = "recv"')


class WaitQueue:
    """A wait queue for one task. `sleeper` is the sleeping task with its core; None without one.

    `wake_step` is the step that a waker pays.
    """

    def __init__(self, machine: Machine, wake_step: str = "try_to_wake_up") -> None:
        self._counts = machine.counts
        self._wake_step = machine.prices.step(wake_step)
        self._idle_exit_ps = machine.prices.step("idle_exit").cost_ps
        self.sleeper: tuple[Core, Context] | None = None

    def sleep(self, core: Core, task: Context) -> Process:
        """Sleep until woken. The caller has just found its queue empty, without a yield in between."""
        self.put_to_sleep(core, task)
        yield

    def put_to_sleep(self, core: Core, task: Context) -> None:
        """Make a task sleep that does not run, for example a new thread."""
        self.sleeper = (core, task)
        task.runnable = False

    def wake(self, waker: Core) -> None:
        """Make the sleeper runnable; no effect without a sleeper."""
        if self.sleeper is None:
            return
        core, task = self.sleeper
        self.sleeper = None
        waker.spend(self._wake_step)
        self._counts.task_woken(waker, task.name)
        core.make_runnable(task, waker.now_ps + self._idle_exit_ps, waker)
