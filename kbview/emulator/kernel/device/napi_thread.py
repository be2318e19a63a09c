"""Threaded NAPI: each queue's poll is a kernel thread, which the scheduler weighs as any other task.

    IRQ --> irq_handler --> wake napi/0-0 --> poll(weight), again while work == weight --> sleep

No softirq is raised, so no poll runs at an interrupt's exit or in a system call, on the time of another
task. The time of the thread is booked as ksoftirqd's. The thread stays on its core.
Linux: net/core/dev.c napi_threaded_poll(), since 5.12; /sys/class/net/eth0/threaded
"""

from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import KSOFTIRQD
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.softirq import Pollable
from kbview.tape.events import Mode


class NapiThread:
    """The thread of one queue, on its core; the scheduler of the queue's NAPI in place of a softirq."""

    def __init__(self, machine: Machine, core: Core, queue: int, weight: int) -> None:
        self.core = core
        self._weight = weight
        self._counts = machine.counts
        self._try_to_wake_up = machine.prices.step("try_to_wake_up")
        self._napi: Pollable | None = None
        self._task = Context(f"napi/0-{queue}", self._main(), KSOFTIRQD, Mode.KERNEL)
        self._task.runnable = False
        core.run_queue.add(self._task)

    def napi_schedule(self, napi: Pollable) -> None:
        """In the interrupt's handler: wake the thread."""
        core, self._napi = self.core, napi
        core.spend(self._try_to_wake_up)
        self._counts.task_woken(core, self._task.name)
        core.make_runnable(self._task, core.now_ps, core)

    def _main(self) -> Process:
        task = self._task
        while True:
            while self._napi is not None:
                task.preemptible = False  # local_bh_disable()
                work = yield from self._napi.poll(self._weight)
                task.preemptible = True
                if work < self._weight:
                    self._napi = None
                    break
                yield  # cond_resched()
            task.runnable = False
            yield
