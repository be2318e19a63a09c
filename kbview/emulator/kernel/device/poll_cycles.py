"""Cycles of a driver in one step: interrupt, poll, idle time, where softirq and reader run jointly.

      irq_handler --> net_rx_action --> poll: a joint run --> napi_complete --> idle --+
           ^                                                                          |
           +------------- the next interrupt, its time by the moderation -------------+

While the core has no other work, and all arrivals that matter are known, a cycle has no decision that
depends on others. So cycles follow each other without a turn of the engine. They begin in the handler
of an interrupt that found the core idle. They end behind a poll, or within a poll that goes on step by
step (`begun`), where its joint run ends.
"""

from typing import NamedTuple

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.account import HARDIRQ, IDLE, SOFTIRQ
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.kernel.run.joint_run import JointRun
from kbview.emulator.kernel.run.joint_runs import JointRuns
from kbview.emulator.kernel.softirq import Pollable, Softirq

_MOST = 2048  # frames of a series of cycles


class Cycled(NamedTuple):
    """The outcome of cycles: the `polls` that are over, with `frames` taken; `empty` found none.

    The last interrupt came at `fired_ps`, and the core was idle for `idle_ps`.
    """

    polls: int
    empty: int
    frames: int
    fired_ps: int
    idle_ps: int


class NoCycles:
    """No cycles at once. `begun`: the frames of a poll that goes on; -1 without one."""

    def __init__(self) -> None:
        self.begun = -1

    def take(self, core: Core) -> bool:
        """Take cycles from an interrupt on; False where none is certain."""
        del core
        return False

    def resume(self) -> int:
        """Take note that a poll goes on, or begins; returns `begun`."""
        begun, self.begun = self.begun, -1
        return begun

    def go_on(self, napi: Pollable) -> None:
        """Let the softirq go on with the poll that has begun."""


class PollCycles(NoCycles):
    """The cycles of a queue with a softirq of its own."""

    def __init__(self, machine: Machine, queue: RxQueue, softirq: Softirq, joint: JointRuns) -> None:
        super().__init__()
        self._machine = machine
        self._queue = queue
        self._ring = queue.ring
        self._softirq = softirq
        self._joint = joint
        step = machine.prices.step
        self._hardirq, self._dispatch = step("hardirq"), step("softirq_dispatch")
        self._napi_poll, self._complete = step("napi_poll"), step("napi_complete")
        self._since_ps = 0  # since when the softirq polls

    def take(self, core: Core) -> bool:
        socket = self._joint.begins(core)
        if socket is None or not self._certain(core):
            return False
        run = self._joint.run_of(core, socket, _MOST)
        if not self._finds_few(run, core.now_ps):
            return False
        self._leave(core, run, self._go(core, run))
        return True

    def go_on(self, napi: Pollable) -> None:
        self._softirq.go_on(napi, self._since_ps)

    def _certain(self, core: Core) -> bool:
        """Whether the interrupt found the core idle, and nothing but it begins a poll."""
        queue, tx, machine, weight = self._queue, self._queue.tx, self._machine, self._softirq.weight
        if not self._softirq.quiet or core.softirq is not None:
            return False
        tasks = core.run_queue
        if tasks.running is not None or any(task.runnable for task in tasks.tasks):
            return False
        if queue.moderation.quiet or queue.each or queue.watcher is not None:
            return False
        if tx is not None and (tx.used or tx.next_done_ps() < NEVER_PS):
            return False
        return 2 * weight < self._ring.size and weight < machine.ddio.room

    def _finds_few(self, run: JointRun, irq_ps: int) -> bool:
        """Whether a poll after an interrupt ends for certain with an empty ring, before all limits."""
        weight = self._softirq.weight
        last = run.index + weight - 1
        work_ps = weight * run.slowest_ps
        begins_ps = irq_ps + self._hardirq.cost_ps + self._dispatch.cost_ps + self._napi_poll.cost_ps
        if last >= run.stop or begins_ps > run.until_ps:
            return False
        if not self._softirq.polls_whole(self._napi_poll.cost_ps + work_ps):
            return False
        return run.view.times[last] + self._queue.moderation.dma_ps > begins_ps + work_ps

    def _go(self, core: Core, run: JointRun) -> Cycled:
        """Take cycles until one is not certain; sets `begun`."""
        weight, complete_ps = self._softirq.weight, self._complete.cost_ps
        fired_ps, governor = self._queue.fired_ps, core.governor
        polls = empty = idle_ps = 0
        while True:
            start = run.index
            self._since_ps = run.now_ps + self._hardirq.cost_ps + self._dispatch.cost_ps
            run.now_ps = self._since_ps + self._napi_poll.cost_ps
            if not run.poll(min(start + weight, run.stop)):
                self.begun = run.index - start
                break
            polls += 1
            empty += run.index == start
            self.begun = -1
            idle_from_ps = run.now_ps + complete_ps
            due_ps = self._next_irq_ps(run, fired_ps, idle_from_ps)
            expected_ps = governor.expected_ps
            irq_ps = due_ps + governor.wake(due_ps - idle_from_ps)
            if due_ps <= idle_from_ps or not self._finds_few(run, irq_ps):
                governor.expected_ps = expected_ps
                break
            idle_ps += irq_ps - idle_from_ps
            run.now_ps, run.touched_ps, fired_ps = irq_ps, due_ps, due_ps
        return Cycled(polls, empty, run.frames - max(0, self.begun), fired_ps, idle_ps)

    def _next_irq_ps(self, run: JointRun, fired_ps: int, now_ps: int) -> int:
        """As RxQueue.next_irq_ps(), of known arrivals; NEVER_PS where they are not enough."""
        moderation, times = self._queue.moderation, run.view.times
        ready_ps = times[run.index] + moderation.dma_ps
        allowed_ps = fired_ps - moderation.delivery_ps + moderation.gap_ps
        if ready_ps < allowed_ps and 0 < moderation.frames < self._ring.size:
            last = run.index + moderation.frames - 1
            if last >= run.stop or times[last] <= run.now_ps:
                return NEVER_PS
            allowed_ps = min(allowed_ps, times[last] + moderation.dma_ps)
        return max(ready_ps, allowed_ps, now_ps) + moderation.delivery_ps

    def _leave(self, core: Core, run: JointRun, cycled: Cycled) -> None:
        """Book the cycles, and leave queue and core behind the last poll or within it."""
        queue, ring, meters = self._queue, self._ring, self._machine.meters
        polls = cycled.polls
        begun = polls + (self.begun >= 0)
        meters.interrupts += begun
        meters.softirqs += begun
        meters.polls += polls
        meters.empty_polls += cycled.empty
        core.account = HARDIRQ
        core.spend_run(self._hardirq, begun)
        core.account = SOFTIRQ
        core.spend_run(self._dispatch, begun)
        core.spend_run(self._napi_poll, begun)
        core.spend_run(self._complete, polls - (self.begun < 0))
        core.booked[IDLE] += cycled.idle_ps
        queue.clean(cycled.frames)
        ring.refill()
        queue.clean(run.frames - cycled.frames)
        self._joint.end(core, run)
        core.now_ps = run.now_ps
        queue.masked_since(cycled.fired_ps)
        if self.begun < 0:
            queue.catch_up(core.now_ps)
