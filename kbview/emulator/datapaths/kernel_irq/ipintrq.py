"""ipintrq: the bounded queue between the interrupt's handler and the soft interrupt.

It holds the buffers that the NIC filled; an sk_buff is allocated later. The interrupt of a packet that
finds the queue full was wasted. 4.2BSD: IFQ_MAXLEN is 50; Linux 2.2 called it the backlog.
"""

from collections import deque

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.shared_ring import SharedRing
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place, RingKind

# Enum members that a packet needs: a look-up in the class costs more than a call.
_IPINTRQ = Place.IPINTRQ

CPU_BACKLOG = DropReason.CPU_BACKLOG  # what the kernel calls it today


class InputQueue:
    """The ipintrq of one core. Handlers append, the soft interrupt takes; both run on that core."""

    def __init__(self, machine: Machine, cpu: int, limit: int) -> None:
        self.entries = SharedRing(machine, RingKind.IPINTRQ, cpu, limit)
        self._frames: deque[Frame] = deque()
        self._machine = machine

    def enqueue(self, core: Core, frame: Frame) -> None:
        """Append a frame, or drop it: its buffer goes back to the driver."""
        if not self.entries.room:
            self._machine.books.drop(core, frame, _IPINTRQ, CPU_BACKLOG)
            return
        self._frames.append(frame)
        self.entries.produce(core, 1)

    def dequeue(self, core: Core) -> Frame | None:
        """The oldest frame; None if the queue is empty."""
        if not self._frames:
            return None
        self.entries.consume(core, 1)
        return self._frames.popleft()

    def __len__(self) -> int:
        return len(self._frames)
