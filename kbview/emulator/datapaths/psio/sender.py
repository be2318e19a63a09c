"""A thread on the engine that only sends: fill a chunk, send it.

Packets that found no room in the transmit ring go first in the next chunk.
The engine's samples/packet_generator
"""

from kbview.emulator.application import Production
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


class PsioSender:
    """The thread, up to `most` packets a chunk. It ends with the last frame of `made`."""

    in_hand = 0  # forwarded frames: it forwards none

    def __init__(
        self,
        machine: Machine,
        core: Core,
        queues: list[PsioQueue],
        softirqs: Softirqs,
        made: Production,
        most: int,
    ) -> None:
        self._core = core
        self._shared = queues[0]
        self._made = made
        self._most = most
        self._fill = machine.prices.step("app_work")
        self._task = Context("psio", self._main(), USER, Mode.USER)
        self._handle = PsioHandle(machine, core, queues, softirqs, self._task)

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(self._task)

    def wait_anew(self) -> None:
        """Traffic has ended: make no more frames."""
        self._made.left = 0

    def _main(self) -> Process:
        core = self._core
        waiting: list[Frame] = []
        while True:
            made = self._made.make(self._most - len(waiting), core.now_ps)
            for frame in made:
                core.spend(self._fill, frame.packet)
            waiting += made
            if not waiting:
                return
            sent = yield from self._handle.send_chunk(self._shared, waiting, passed_on=False)
            del waiting[:sent]
