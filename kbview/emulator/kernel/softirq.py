"""The receive softirq of one core, and the three nested limits that end it.

    weight          64 packets          one poll of one device             napi.py
    netdev_budget   300 packets / usecs one run of net_rx_action           here
    ten restarts or 2 ms                one softirq loop, then ksoftirqd   here

A device that used up its weight goes to the end of the list for the *next* run: within one run each
device is polled once. Linux: kernel/softirq.c, net/core/dev.c net_rx_action().
"""

from collections import deque
from collections.abc import Generator
from typing import Literal, Protocol

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import KSOFTIRQD, SOFTIRQ, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.settings import US_PS, Settings
from kbview.tape.events import KsoftirqdWoken, Mode, SoftirqEntered, SoftirqExited

MAX_SOFTIRQ_RESTART = 10
MAX_SOFTIRQ_TIME_PS = 2_000_000_000

Entry = Literal["irq_exit", "restart", "ksoftirqd"]


class Pollable(Protocol):
    """A device on the poll list."""

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Take up to `weight` packets; return how many."""


class Softirq:
    """NET_RX_SOFTIRQ on one core."""

    def __init__(self, machine: Machine, core: Core, weight: int, budget: int, budget_ps: int) -> None:
        self.core = core
        self.weight = weight
        self.budget = budget
        self.budget_ps = budget_ps
        self.poll_list: deque[Pollable] = deque()
        self._meters = machine.meters
        self._recorder = machine.recorder
        self._dispatch = machine.prices.step("softirq_dispatch")
        self._ksoftirqd = Context(
            f"ksoftirqd/{core.number}", self._run_ksoftirqd(), KSOFTIRQD, Mode.KERNEL
        )
        self._ksoftirqd.runnable = False
        core.tasks.append(self._ksoftirqd)

    def napi_schedule(self, napi: Pollable) -> None:
        """Put a device on the poll list and raise the softirq; it runs when the hard IRQ returns."""
        self.poll_list.append(napi)
        if self.core.softirq is None and not self._ksoftirqd.runnable:
            self.core.softirq = Context("softirq", self._do_softirq(), SOFTIRQ, Mode.KERNEL)

    def _do_softirq(self) -> Process:
        """Run until nothing is pending, or the loop has had its share."""
        began_ps = self.core.now_ps
        entry: Entry = "irq_exit"
        for _ in range(MAX_SOFTIRQ_RESTART):
            yield from self._net_rx_action(entry)
            if not self.poll_list:
                return
            if self.core.now_ps - began_ps >= MAX_SOFTIRQ_TIME_PS:
                break
            entry = "restart"
        self._wake_ksoftirqd()

    def _net_rx_action(self, entry: Entry) -> Process:
        core = self.core
        self._meters.softirqs += 1
        if self._recorder.steps:
            self._recorder.emit(SoftirqEntered(core.now_ps, core.number, entry))
        core.spend(self._dispatch)
        until_ps = core.now_ps + self.budget_ps
        budget = self.budget
        squeezed = False
        for _ in range(len(self.poll_list)):
            napi = self.poll_list.popleft()
            work = yield from napi.poll(self.weight)
            if work == self.weight:
                self.poll_list.append(napi)
            budget -= work
            if budget <= 0 or core.now_ps >= until_ps:
                squeezed = True
                break
        self._meters.squeezes += squeezed
        if self._recorder.steps:
            self._recorder.emit(SoftirqExited(core.now_ps, core.number, squeezed))

    def _wake_ksoftirqd(self) -> None:
        if self._recorder.steps:
            self._recorder.emit(KsoftirqdWoken(self.core.now_ps, self.core.number))
        self.core.wake(self._ksoftirqd, self.core.now_ps, self.core)

    def _run_ksoftirqd(self) -> Process:
        """The kernel thread: an ordinary task that the scheduler weighs against the application."""
        while True:
            yield from self._net_rx_action("ksoftirqd")
            if not self.poll_list:
                self._ksoftirqd.runnable = False
            yield


class Softirqs:
    """The receive softirqs of a machine, one for each core that has a queue's vector."""

    def __init__(self, machine: Machine, settings: Settings) -> None:
        self._machine = machine
        self._settings = settings
        self._of: dict[int, Softirq] = {}

    def of(self, core: Core) -> Softirq:
        """The core's; the first that is asked for is made."""
        if core.number not in self._of:
            settings = self._settings
            budget_ps = settings.netdev_budget_usecs * US_PS
            self._of[core.number] = Softirq(
                self._machine, core, settings.napi_weight, settings.netdev_budget, budget_ps
            )
        return self._of[core.number]
