"""A round of a reader: the system calls that take a datagram off a socket, and the work on it."""

from collections.abc import Sequence

from kbview.emulator.cost import Step
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.account import COPY, SYSCALL, USER
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.packet.frame import Frame


class Round:
    """The step `entry` into the kernel, the steps `calls`, and the application's.

    The reader looks at the queue at the end of `entry`. The last of `calls` takes the datagram and
    copies. A blocking reader looks in recv(), and an epoll reader in epoll_wait() before recv().
    `before_take_ps` is the time from the beginning of a round to the last of `calls`.
    `after_look_ps` is the time from the look to the last of `calls`; NEVER_PS for a blocking reader.
    """

    def __init__(self, entry: Step, calls: tuple[Step, ...], work: Step) -> None:
        self.steps = (entry, *calls, work)
        self.system_calls = 1 + len(calls) // 2  # epoll_wait() ends and recv() begins with a step each
        self.entry_ps = entry.cost_ps
        self.calls_ps = sum(step.cost_ps for step in calls)
        self.work_ps = work.cost_ps
        self.cost_ps = self.entry_ps + self.calls_ps + self.work_ps
        self.take_ps = calls[-1].cost_ps
        self.rest_ps = self.cost_ps - self.take_ps
        self.copying = calls[-1].copying or calls[-1]
        self.to_look_ps = self.work_ps + self.entry_ps  # from the return to user mode
        self.between_looks_ps = self.take_ps + self.to_look_ps
        self.before_take_ps = self.entry_ps + self.calls_ps - self.take_ps
        self.after_look_ps = self.calls_ps - self.take_ps if len(calls) > 1 else NEVER_PS

    def take_with_ps(self, payload: int) -> int:
        """The time of the last call for a datagram of `payload` bytes, which it copies."""
        return self.take_ps + int(self.copying.ps_per_byte * payload)

    def book(self, core: Core, counts: WorkCounts, frames: Sequence[Frame], extra_ps: int) -> None:
        """Book a round for each of `frames`; their bytes took `extra_ps` to copy."""
        count = len(frames)
        copying_ps = self.copying.cost_ps
        for step in self.steps:
            step.count += count
        self.copying.extra_ps += extra_ps
        booked = core.booked
        booked[SYSCALL] = booked[SYSCALL] + count * (self.entry_ps + self.calls_ps - copying_ps)
        booked[COPY] = booked[COPY] + count * copying_ps + extra_ps
        booked[USER] = booked[USER] + count * self.work_ps
        counts.read_run(count, sum([frame.payload for frame in frames]), self.system_calls)
