"""The receive softirq of one core: three ways in, and the three nested limits that end it.

    irq_exit         at the tail of an interrupt, on the interrupted task's time
    local_bh_enable  in a system call that lets bottom halves in again, on the caller's time
    ksoftirqd        a task of its own, which the scheduler weighs against the others

    weight          64 packets          one poll of one device             napi.py
    netdev_budget   300 packets / usecs one run of net_rx_action           here
    ten restarts, 2 ms or need_resched  one softirq loop, then ksoftirqd   here

Linux 4.9 to 6.4 leaves all softirqs to ksoftirqd while that is runnable (`defers`); earlier and later
versions do not. A device that used up its weight goes to the end of the list, for the *next* run.
Linux: kernel/softirq.c, net/core/dev.c net_rx_action(); commits 4cd13c21b207 and d15121be7485
"""

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

from kbview.emulator.engine import NEVER_PS, US_PS, Process
from kbview.emulator.hardware.account import KSOFTIRQD, SOFTIRQ
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.keys import MOST, Keys, meaning, number
from kbview.tape.events import Mode

MAX_SOFTIRQ_RESTART = 10
MAX_SOFTIRQ_TIME_PS = 2_000_000_000

Entry = Literal["irq_exit", "restart", "ksoftirqd", "local_bh_enable"]


@dataclass(frozen=True, kw_only=True)
class SoftirqSettings(Keys):
    """Limits of softirqs, and the scheduler of their core. Defaults are Linux's."""

    hz: Annotated[int, number("scheduler ticks a second (CONFIG_HZ)", "1/s", ge=1, le=1000)] = 250
    napi_weight: Annotated[int, number("frames that one poll may take", "frames", ge=1, le=MOST)] = 64
    netdev_budget: Annotated[
        int, number("frames that all polls of one softirq may take", "frames", ge=1, le=MOST)
    ] = 300
    netdev_budget_usecs: Annotated[
        int, number("time that all polls of one softirq may take", ge=1, le=MOST)
    ] = 8000
    ksoftirqd_defers: Annotated[
        bool, meaning("whether softirqs wait for a runnable ksoftirqd, as in Linux 4.9 to 6.4")
    ] = False
    app_nice: Annotated[
        int,
        number(
            "nice value of the application's threads; ksoftirqd and NAPI's threads have 0",
            "nice",
            ge=-20,
            le=19,
        ),
    ] = 0
    sched_slice_us: Annotated[
        int, number("time that one task may get ahead of another (sched_base_slice_ns)", ge=1, le=MOST)
    ] = 3000


class Pollable(Protocol):
    """A device on the poll list."""

    def poll(self, weight: int) -> Generator[None, None, int]:
        """Take up to `weight` packets; returns their number."""


class Scheduler(Protocol):
    """The poller of a device after its interrupt: a softirq or a thread, on `core`."""

    core: Core

    def napi_schedule(self, napi: Pollable) -> None:
        """The device has interrupted: schedule a poll."""


class Softirq(Scheduler):
    """NET_RX_SOFTIRQ on one core. It is pending while a device is on the poll list."""

    def __init__(self, machine: Machine, core: Core, settings: SoftirqSettings) -> None:
        self.core = core
        self.poll_list: deque[Pollable] = deque()
        self.weight = settings.napi_weight
        self._budget = settings.netdev_budget
        self._budget_ps = settings.netdev_budget_usecs * US_PS
        self._tick_ps = 10**12 // settings.hz
        self._defers = settings.ksoftirqd_defers
        self._running = False
        self._since_ps = -1  # since when a run of net_rx_action polls that goes on; -1 without one
        self._counts = machine.counts
        self._dispatch = machine.prices.step("softirq_dispatch")
        self._hardirq = machine.prices.step("hardirq")
        self._tick: Vector | None = None
        name = f"ksoftirqd/{core.number}"
        self._ksoftirqd = Context(name, self._run_ksoftirqd(), KSOFTIRQD, Mode.KERNEL)
        self._ksoftirqd.runnable = False
        self._ksoftirqd.ran_ps = -settings.sched_slice_us * US_PS  # it has slept long before
        core.run_queue.add(self._ksoftirqd)

    # ---- ways in ---------------------------------------------------------------------------

    def napi_schedule(self, napi: Pollable) -> None:
        """Put a device on the poll list and raise the softirq; it runs when the hard IRQ returns."""
        self.poll_list.append(napi)
        self._do_softirq("irq_exit")

    def go_on(self, napi: Pollable, since_ps: int) -> None:
        """As `napi_schedule`, where a run polls the device already, since `since_ps`."""
        self._since_ps = since_ps
        self.napi_schedule(napi)

    def polls_whole(self, poll_ps: int) -> bool:
        """Whether the limits allow a poll of less than its weight that lasts at most `poll_ps`."""
        return self.weight <= self._budget and poll_ps < self._budget_ps

    @property
    def quiet(self) -> bool:
        """Whether no softirq runs, is pending or is left to ksoftirqd."""
        return not (self._running or self.poll_list or self._ksoftirqd.runnable)

    def local_bh_enable(self) -> bool:
        """A task enables bottom halves; True if softirqs run now, so the task has to yield."""
        return bool(self.poll_list) and self._do_softirq("local_bh_enable")

    @property
    def interferes(self) -> bool:
        """Whether the next `local_bh_enable` would run softirqs."""
        return bool(self.poll_list) and not self._left_to_ksoftirqd()

    def _do_softirq(self, entry: Entry) -> bool:
        if self._running or self.core.softirq is not None or self._left_to_ksoftirqd():
            return False
        self.core.softirq = Context("softirq", self._handle(entry), SOFTIRQ, Mode.KERNEL)
        return True

    def _left_to_ksoftirqd(self) -> bool:
        return self._defers and self._ksoftirqd.runnable

    # ---- the loop --------------------------------------------------------------------------

    def _handle(self, entry: Entry) -> Process:
        """__do_softirq: run until no softirq is pending, or a limit of the loop is reached."""
        self._running = True
        core = self.core
        began_ps = core.now_ps if self._since_ps < 0 else self._since_ps - self._dispatch.cost_ps
        for _ in range(MAX_SOFTIRQ_RESTART):
            yield from self.net_rx_action(entry)
            if not self.poll_list or core.now_ps - began_ps >= MAX_SOFTIRQ_TIME_PS:
                break
            if core.run_queue.need_resched(core.now_ps):
                break
            entry = "restart" if entry != "ksoftirqd" else entry
        self._running = False
        if self.poll_list and not self._ksoftirqd.runnable:
            self._wake_ksoftirqd()

    def net_rx_action(self, entry: Entry) -> Process:
        """One run: poll each listed device once, until `netdev_budget` packets or usecs are used up."""
        core = self.core
        since_ps, self._since_ps = self._since_ps, -1
        if since_ps < 0:
            self._counts.softirq_entered(core, entry, self._budget, self._budget_ps)
            core.spend(self._dispatch)
            since_ps = core.now_ps
        until_ps = since_ps + self._budget_ps
        budget = self._budget
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
        self._counts.softirq_exited(core, squeezed)

    # ---- ksoftirqd -------------------------------------------------------------------------

    def _wake_ksoftirqd(self) -> None:
        core = self.core
        self._counts.ksoftirqd_woken(core)
        core.make_runnable(self._ksoftirqd, core.now_ps, core)
        self._arm_tick()

    def _run_ksoftirqd(self) -> Process:
        """The kernel thread: an ordinary task that is preempted only between its loops."""
        task = self._ksoftirqd
        while True:
            task.preemptible = False  # bottom halves are off
            yield from self._handle("ksoftirqd")
            task.preemptible = True
            if not self.poll_list:
                task.runnable = False
                self._arm_tick()
            yield

    def _arm_tick(self) -> None:
        """Set the scheduler's tick, which matters only while softirqs wait for ksoftirqd."""
        if self._tick is None:
            self._tick = Vector(self.core, self._on_tick)
        awaited = self._ksoftirqd.runnable
        next_ps = (self.core.now_ps // self._tick_ps + 1) * self._tick_ps
        self._tick.arm(next_ps if awaited else NEVER_PS)

    def _on_tick(self, core: Core) -> None:
        """The tick's interrupt: pending softirqs run at its exit."""
        core.spend(self._hardirq)
        if self.poll_list:
            self._do_softirq("irq_exit")
        self._arm_tick()


class Softirqs:
    """The receive softirqs of a machine, one for each core that has a queue's vector."""

    def __init__(self, machine: Machine, settings: SoftirqSettings) -> None:
        self._machine = machine
        self._settings = settings
        self._of: dict[int, Softirq] = {}

    def of(self, core: Core) -> Softirq:
        """The softirq of a core, made at the first call."""
        if core.number not in self._of:
            self._of[core.number] = Softirq(self._machine, core, self._settings)
        return self._of[core.number]

    def on(self, core: Core) -> Softirq | None:
        """The softirq of a core; None without one."""
        return self._of.get(core.number)
