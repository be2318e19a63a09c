"""A core that is one of two threads: while the other thread works, each step takes longer.

    alone      |step|step|step|
    together   |  step  |  step  |  step  |      each of the two, so both do more than one alone

The threads share execution units and the first two caches. D. Marr et al., "Hyper-Threading
Technology: architecture and microarchitecture", Intel Technology Journal 6(1), 2002.
"""

from kbview.emulator.cost import Prices, Step
from kbview.emulator.hardware.account import IDLE
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.idle import Governor
from kbview.emulator.hardware.placement import CorePlace
from kbview.tape.events import NO_PACKET


class SiblingCore(Core):
    """A thread of a core. `other` is the other thread; a thread without one is its own `other`.

    The other thread works at a time if it is not idle then, or has been further than that time. A
    step is slowed as a whole by the state at its beginning; a copy waits for memory and is not slowed.
    """

    def __init__(
        self, seat: CorePlace, prices: Prices, governor: Governor, counts: WorkCounts, slowdown: float
    ) -> None:
        super().__init__(seat, prices, governor, counts)
        self.other: Core = self
        self._slower = slowdown - 1.0

    def delay_ps(self, step: Step) -> int:
        """The time that a step takes longer if it begins now, ps."""
        other = self.other
        if other is self or (other.resting and other.account == IDLE and other.now_ps <= self.now_ps):
            return 0
        return round(step.cost_ps * self._slower)

    def spend(self, step: Step, packet: int = NO_PACKET) -> None:
        """As `Core.spend`; longer while the other thread works."""
        for part in step.parts:
            super().spend_waiting(part, self.delay_ps(part), packet)

    def spend_run(self, step: Step, count: int) -> None:
        """As `Core.spend_run`; each step is taken by itself."""
        for _ in range(count):
            self.spend(step)

    def spend_waiting(self, step: Step, wait_ps: int, packet: int = NO_PACKET) -> None:
        """As `Core.spend_waiting`; the step is longer while the other thread works."""
        super().spend_waiting(step, wait_ps + self.delay_ps(step), packet)

    def spend_copying(self, step: Step, length: int, packet: int = NO_PACKET) -> None:
        """As `Core.spend_copying`; the steps beside the copy are longer while the other works."""
        for part in step.parts:
            if part.copying is None:
                super().spend_waiting(part, self.delay_ps(part), packet)
            else:
                super().spend_copying(part, length, packet)


def sibling_cores(
    seats: list[CorePlace],
    prices: Prices,
    governors: list[Governor],
    counts: WorkCounts,
    slowdown: float,
) -> list[Core]:
    """A thread for each seat; neighbours are the two threads of a core."""
    threads = [
        SiblingCore(seat, prices, governor, counts, slowdown)
        for seat, governor in zip(seats, governors, strict=True)
    ]
    for thread in threads:
        thread.other = threads[thread.number ^ 1]
    return [*threads]
