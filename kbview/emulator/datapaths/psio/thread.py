"""An application's thread on the engine: a chunk in, work on its packets, the chunk out.

Each thread has its core, that core's queues, and a chunk of its own: nothing is shared between cores.
The engine's samples/echo, samples/packet_generator
"""

from kbview.emulator.application import Production
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import USER, Context
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.psio.engine import PsioQueue
from kbview.emulator.kernel.psio.handle import PsioHandle
from kbview.emulator.work import Work
from kbview.packet.frame import Frame
from kbview.tape.events import Mode

TX_RING_FULL = "TX_RING_FULL"


class PsioThread:
    """The thread. `in_hand`: frames passed on that are in its chunk."""

    def __init__(self, machine: Machine, handle: PsioHandle, work: Work, most: int) -> None:
        self.in_hand = 0
        self.handle = handle
        self._books = machine.books
        self._work = work
        self._most = most
        handle.task = Context("psio", self._main(), USER, Mode.USER)

    def start(self) -> None:
        """Put the thread on its core."""
        assert self.handle.task is not None
        self.handle.core.start(self.handle.task)

    def wait_anew(self) -> None:
        """Traffic has ended."""
        self.handle.wait_anew()

    def _main(self) -> Process:
        handle, work = self.handle, self._work
        while True:
            frames = yield from handle.recv_chunk(self._most)
            outgoing = work.take(handle.core, frames)
            if outgoing:
                yield from self._send(handle.last, outgoing)

    def _send(self, shared: PsioQueue, frames: list[Frame]) -> Process:
        """What finds no room is given up, as a router does."""
        passed_on = self._work.passes_on
        self.in_hand = len(frames) if passed_on else 0
        sent = yield from self.handle.send_chunk(shared, frames, passed_on=passed_on)
        self.in_hand = 0
        for frame in frames[sent:]:
            self._books.give_up(self.handle.core, frame, "tx ring", TX_RING_FULL, passed_on)


class PsioSender:
    """A thread that only sends: fill a chunk, send it; what found no room goes first the next time."""

    def __init__(self, machine: Machine, handle: PsioHandle, made: Production, most: int) -> None:
        self.in_hand = 0
        self.handle = handle
        self._made = made
        self._most = most
        self._fill = machine.prices.step("app_work")
        handle.task = Context("psio", self._main(), USER, Mode.USER)

    def start(self) -> None:
        """Put the thread on its core."""
        assert self.handle.task is not None
        self.handle.core.start(self.handle.task)

    def wait_anew(self) -> None:
        """What is made is told to end."""
        self._made.left = 0

    def _main(self) -> Process:
        core, shared = self.handle.core, self.handle.queues[0]
        waiting: list[Frame] = []
        while True:
            made = self._made.make(self._most - len(waiting), core.now_ps)
            for frame in made:
                core.spend(self._fill, frame.packet)
            waiting += made
            if not waiting:
                return
            sent = yield from self.handle.send_chunk(shared, waiting, passed_on=False)
            del waiting[:sent]
