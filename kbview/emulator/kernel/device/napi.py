"""NAPI: an interrupt starts it, polling keeps it going, an empty ring ends it.

      IRQ --> irq_handler --> net_rx_action --> poll(weight)
       ^                          ^                 |
       |                          +-- work==weight -+
       +------- napi_complete <------ work< weight -+

    armed --IRQ--> scheduled: a softirq or a thread polls --empty--> armed
      |                ^   |                                           ^
      |  watchdog, IRQ |   | wanted, or left behind on another core    |
      +--claim--> claimed: a reader polls, on its core --release-------+

`net_rx_action` belongs to the softirq (softirq.py), `poll` to the driver (driver.py). The vector is
masked from the handler until napi_complete; the core takes interrupts of other devices meanwhile. An
instance that is scheduled or claimed has one poller (NAPI_STATE_SCHED). While interrupts are deferred,
the watchdog runs in place of "armed" and the vector stays masked.
Linux: net/core/dev.c, Documentation/networking/napi.rst
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.device.dim import AdaptiveModeration
from kbview.emulator.kernel.device.watchdog import Watchdog
from kbview.emulator.kernel.softirq import Pollable, Scheduler
from kbview.emulator.keys import MOST, Keys, meaning, number


@dataclass(frozen=True, kw_only=True)
class NapiSettings(Keys):
    """Polling of a queue: by a softirq or a thread, with interrupts at once or deferred."""

    threaded_napi: Annotated[
        bool, meaning("whether a kernel thread polls each queue instead of the softirq")
    ] = False
    irq_defer_us: Annotated[
        float,
        number(
            "how long interrupts stay off after a poll that found frames (gro_flush_timeout)",
            ge=0,
            le=MOST,
        ),
    ] = 0.0


class Napi(Pollable, ABC):
    """The NAPI instance of one queue; it requests the queue's vector, which is masked at first.

    `contested`: a reader may want to poll the queue. `claimed`: a reader polls it (busy_poll.py).
    `adaptive` moderates the interrupts; None where moderation is fixed. `defer_ps` is the time that
    the watchdog waits while interrupts are deferred; 0 where they are not. With `completes` a sent
    frame raises the vector, too.
    """

    def __init__(
        self,
        machine: Machine,
        queue: RxQueue,
        scheduler: Scheduler,
        adaptive: AdaptiveModeration | None = None,
        defer_ps: int = 0,
        *,
        completes: bool = True,
    ) -> None:
        self.contested = False
        self.claimed = False
        self._scheduled = False
        self._wanted = False  # by a reader, while a softirq polls
        self._core = scheduler.core  # the core that polls
        self._scheduler = scheduler
        self._queue = queue
        self._counts = machine.counts
        self._recorder = machine.recorder
        self._adaptive = adaptive
        self._vector = Vector(scheduler.core, self.irq_handler)
        queue.request_irq(self._vector, completes=completes)
        self._watchdog: Watchdog | None = None
        if defer_ps:
            self._watchdog = Watchdog(machine, scheduler.core, defer_ps, self.napi_schedule)
        self._hardirq = machine.prices.step("hardirq")
        self._napi_complete = machine.prices.step("napi_complete")

    @abstractmethod
    def poll(self, weight: int) -> Generator[None, None, int]:
        """Take up to `weight` packets and return their number; `weight` asks for another poll."""

    def irq_handler(self, core: Core) -> None:
        """Acknowledge, mask the vector, and leave the rest to a softirq or thread."""
        self._queue.mask()
        if self._adaptive is not None:
            self._adaptive.events += 1
        self._counts.interrupt(core, self._queue)
        core.spend(self._hardirq)
        self.napi_schedule()

    def napi_schedule(self) -> None:
        """Schedule a poll on the core of the queue, unless the instance has a poller already."""
        if not self._scheduled:
            self._scheduled = True
            self._scheduler.napi_schedule(self)

    def _polled(self, work: int, weight: int) -> int:
        """A poll is over: returns its work, less than `weight` if the instance has no poller now."""
        core = self._core
        if self.claimed:
            return work
        if work < weight or core is not self._scheduler.core:  # a driver keeps to its vector's core
            self.napi_complete(core, work)
        elif self._wanted:
            self.let_go()
        return work if self._scheduled else min(work, weight - 1)

    def napi_complete(self, core: Core, work: int) -> None:
        """Stop polling, and unmask the vector unless the watchdog defers interrupts."""
        if self._adaptive is not None:
            self._adaptive.poll_ended(core)
        core.spend(self._napi_complete)
        if self._watchdog is None or not self._watchdog.defers(core, work):
            self.unmask()
        self._give_back()

    def _give_back(self) -> None:
        self._core = self._scheduler.core
        self._scheduled = self._wanted = False

    # ---- a reader that polls ---------------------------------------------------------------

    def next_ready_ps(self) -> int:
        """The time when a poll will find a frame; NEVER_PS without one."""
        return self._queue.next_ready_ps()

    def claim(self, core: Core) -> bool:
        """Let a reader poll on its own core from now on; False if the instance has a poller."""
        if self._scheduled:
            self._wanted = self._watchdog is not None
            return False
        self._scheduled = self.claimed = True
        self._core, self._queue.watcher = core, core.shorten_rest
        return True

    def release(self) -> None:
        """The reader stops: it polls once more, and then the instance has no poller."""
        self.claimed, self._queue.watcher = False, None
        self._queue.look_again()
        if self._watchdog is not None:
            self._watchdog.renew()

    def let_go(self) -> bool:
        """Leave frames to an application that polls in time; False without a watchdog."""
        if self._watchdog is None:
            return False
        self._watchdog.start(self._core)
        self._give_back()
        return True

    # ---- the vector ------------------------------------------------------------------------

    def unmask_again(self) -> None:
        """Traffic has ended: do not wait for frames that will not arrive (moderation)."""
        if not self._queue.masked:
            self.unmask()

    def unmask(self) -> None:
        """napi_complete_done: the vector may fire again."""
        core, vector = self._core, self._queue.vector
        self._queue.unmask(core.now_ps)
        if vector is not None and vector.core is not core:
            core.give_way_by(vector.due_ps)
        if self._recorder.steps:
            self._counts.unmasked(core, self._queue.number)
