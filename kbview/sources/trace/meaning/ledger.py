"""The ledger: the time of every core, booked from one tracepoint to the next.

    level 2   hardirq      irq_handler_entry .. exit
    level 1   softirq      softirq_entry .. exit, within it a step after the other
    level 0   the task     a system call, or other work of the task, or idle

A step begins at a record and lasts until the next record of the core that ends it. Lower levels wait
meanwhile. So the accounts of a core are all of its time, and a step's time is measured. It includes the
tracer's own time, a few hundred ns a record. A step is told in pieces if it is interrupted or its task
sleeps. Each piece after the first is "resumed", so there are as many first pieces as steps.
"""

from collections.abc import Callable

import msgspec

from kbview.tape.events import NO_PACKET, Account, Event, StepTaken
from kbview.tape.meter import CoreMeter
from kbview.tape.steps import RESUMED

_Tell = Callable[[Event], None]


class LedgerStep(msgspec.Struct, gc=False):
    """The work that runs. Without a name its time is booked, but it is not told."""

    name: str
    account: Account
    packet: int = NO_PACKET
    told: bool = False


def idle() -> LedgerStep:
    """The step of a core without work."""
    return LedgerStep("", Account.IDLE)


class CoreLedger:
    """The ledger of one core. The last of `levels` is the step that runs now."""

    def __init__(self, cpu: int, tell: _Tell) -> None:
        self.cpu = cpu
        self.levels = [idle()]
        self.booked_ps = dict.fromkeys(Account, 0)
        self._since_ps = 0
        self._tell = tell

    def cut(self, time_ps: int) -> None:
        """Book and tell the running step up to `time_ps`."""
        step, since_ps = self.levels[-1], self._since_ps
        passed_ps = time_ps - since_ps
        if passed_ps <= 0:
            return
        self.booked_ps[step.account] += passed_ps
        self._since_ps = time_ps
        if step.name:
            name = step.name + RESUMED if step.told else step.name
            step.told = True
            self._tell(StepTaken(since_ps, self.cpu, step.packet, name, passed_ps, step.account))

    def begin(self, time_ps: int, step: LedgerStep) -> None:
        """The running step ends, another begins on its level."""
        self.cut(time_ps)
        self.levels[-1] = step

    def push(self, time_ps: int, step: LedgerStep) -> None:
        """A more urgent step begins; the running step waits."""
        self.cut(time_ps)
        self.levels.append(step)

    def pop(self, time_ps: int, level: int) -> None:
        """Everything down to `level` ends; the step below continues."""
        self.cut(time_ps)
        del self.levels[level:]

    def change_task(self, time_ps: int, step: LedgerStep) -> None:
        """The task does something else, or another task runs. An interrupt above it continues."""
        self.cut(time_ps)
        self.levels[0] = step

    def meter(self, task: str) -> CoreMeter:
        """The accounts of the core as a meter."""
        return CoreMeter(
            self.cpu, task, **{f"{account}_ps": ps for account, ps in self.booked_ps.items()}
        )
