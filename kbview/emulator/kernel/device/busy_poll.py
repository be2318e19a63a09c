"""Busy polling: a reader that waits in a system call polls the device instead of sleeping.

    recv(), nothing there --> claim the NAPI --> poll(8) until something is there, or time is up
                                  | a softirq has it                  |
                                  v                                   v
                            look again                    one more poll, which unmasks

While a reader has claimed the NAPI instance, an interrupt only masks the vector. With `irq_defer_us`
the vector stays masked after a poll as well; a timer wakes the softirq after that time without a poll.
A reader polls one queue, as an application does that spreads its sockets by SO_INCOMING_NAPI_ID.
Linux: net/core/dev.c napi_busy_loop(), busy_poll_stop(); Documentation/networking/napi.rst
"""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.engine import US_PS, Process
from kbview.emulator.hardware.account import POLL_EMPTY, POLL_USEFUL, SYSCALL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.nic import NicSettings
from kbview.emulator.kernel.device.napi import Napi, NapiSettings
from kbview.emulator.kernel.softirq import Softirq
from kbview.emulator.keys import MOST, ScenarioError, number

BUSY_POLL_BUDGET = 8
_LOOKS = 5  # at an instance with another poller, before other cores act
_ALONE_PS = 1_000_000  # of a spin while other queues may fill the socket too


@dataclass(frozen=True, kw_only=True)
class BusyPollSettings(NapiSettings, NicSettings):
    """Busy polling by a read."""

    busy_poll_us: Annotated[
        float,
        number(
            "how long an empty read polls the device before it sleeps (net.core.busy_read)",
            ge=0,
            le=MOST,
        ),
    ] = 0.0

    def check_together(self) -> None:
        super().check_together()
        if self.threaded_napi and (self.busy_poll_us or self.irq_defer_us):
            raise ScenarioError(
                "threaded_napi excludes busy_poll_us and irq_defer_us here; use one or the other"
            )


class BusyPoll:
    """The busy polling of one reader, before it sleeps. `softirq` belongs to the reader's core."""

    def __init__(
        self, machine: Machine, napi: Napi, softirq: Softirq, settings: BusyPollSettings
    ) -> None:
        self._napi = napi
        napi.contested = True
        self._softirq = softirq
        self._limit_ps = round(settings.busy_poll_us * US_PS)
        self._alone = settings.queues == 1
        self._look = machine.prices.step("busy_loop")
        self._empty = machine.prices.sequence("busy_loop", "napi_poll")

    def loop(self, core: Core, ready: Sized) -> Process:
        """Poll until something is `ready`, the time is up or another task has more right to run."""
        napi, until_ps = self._napi, core.now_ps + self._limit_ps
        owned = False
        while not ready and core.now_ps < until_ps and not core.run_queue.need_resched(core.now_ps):
            owned = owned or napi.claim(core)
            if not owned:
                self._look_at(core)
            elif napi.next_ready_ps() > core.now_ps:
                self._spin(core, until_ps)
            else:
                yield from self._poll(core)
            if core.resting or core.now_ps > core.horizon_ps:
                yield
        if owned:
            yield from self._stop(core)
        core.account = SYSCALL

    def _look_at(self, core: Core) -> None:
        core.account = POLL_EMPTY
        core.spend_run(self._look, _LOOKS)

    def _spin(self, core: Core, until_ps: int) -> None:
        until_ps = min(until_ps, self._napi.next_ready_ps())
        if not self._alone:
            until_ps = min(until_ps, core.now_ps + _ALONE_PS)
        core.spin(self._empty, until_ps)

    def _poll(self, core: Core) -> Process:
        core.account = POLL_USEFUL
        core.spend(self._look)
        yield from self._napi.poll(BUSY_POLL_BUDGET)
        if self._softirq.local_bh_enable():
            yield

    def _stop(self, core: Core) -> Process:
        """busy_poll_stop: run the driver's poll once more, because the driver unmasks the vector."""
        napi = self._napi
        napi.release()
        core.account = POLL_USEFUL
        work = yield from napi.poll(BUSY_POLL_BUDGET)
        if work < BUSY_POLL_BUDGET or napi.let_go():  # if not this core's, it was given back
            return
        self._softirq.poll_list.append(napi)  # __napi_schedule() on this core
        if self._softirq.local_bh_enable():
            yield
