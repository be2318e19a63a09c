"""An application's thread on the engine: receive a chunk, work on its packets, send the chunk.

Each thread has its core, the queues of that core and a chunk of its own: cores share nothing.
The engine's samples/echo
"""

from kbview.emulator.burst_work import Work
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import USER
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.psio.handle import PsioHandle
from kbview.emulator.kernel.psio.psio_engine import PsioQueue
from kbview.emulator.kernel.softirq import Softirqs
from kbview.packet.frame import Frame
from kbview.tape.events import Mode
from kbview.tape.vocabulary import DropReason, Place

TX_RING_FULL = DropReason.TX_RING_FULL


class PsioThread:
    """The thread, up to `most` packets a chunk. `in_hand` counts forwarded frames in its chunk."""

    def __init__(
        self,
        machine: Machine,
        core: Core,
        queues: list[PsioQueue],
        softirqs: Softirqs,
        work: Work,
        most: int,
    ) -> None:
        self.in_hand = 0
        self._core = core
        self._books = machine.books
        self._work = work
        self._most = most
        self._task = Context("psio", self._main(), USER, Mode.USER)
        self._handle = PsioHandle(machine, core, queues, softirqs, self._task)

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(self._task)

    def wait_anew(self) -> None:
        """Traffic has ended: wait for packets in the rings, not for further arrivals."""
        self._handle.wait_anew()

    def _main(self) -> Process:
        handle, work = self._handle, self._work
        while True:
            frames = yield from handle.recv_chunk(self._most)
            outgoing = work.take(self._core, frames)
            if outgoing:
                yield from self._send(handle.last, outgoing)

    def _send(self, shared: PsioQueue, frames: list[Frame]) -> Process:
        """Frames that find no room in the transmit ring are dropped, as a router does."""
        passed_on = self._work.passes_on
        self.in_hand = len(frames) if passed_on else 0
        sent = yield from self._handle.send_chunk(shared, frames, passed_on=passed_on)
        self.in_hand = 0
        for frame in frames[sent:]:
            self._books.give_up(self._core, frame, Place.TX_RING, TX_RING_FULL, passed_on)
