"""The application's thread on a packet ring: it walks blocks, and calls the kernel only to sleep.

    status word says user? --> walk the packets, release the block, next block
          | no
          v
    poll(): sleep until a block is retired

Linux Documentation/networking/packet_mmap.rst
"""

from kbview.emulator.application import Application
from kbview.emulator.datapaths.af_packet.ring import PacketRing
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import USER
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.packet.frame import Frame
from kbview.tape.events import Mode
from kbview.tape.vocabulary import DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_APP = Place.APP

DISCARDED = DropReason.DISCARDED


class BlockReader:
    """One thread on one ring. `in_hand` counts the packets left in the block that it walks."""

    def __init__(self, machine: Machine, core: Core, ring: PacketRing, app: Application) -> None:
        self.in_hand = 0
        self._machine = machine
        self._core = core
        self._ring = ring
        self._drops = app.name == "drop"
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._poll = step("poll_wait")
        self._each = machine.prices.sequence("tpacket_walk", "app_work")
        self._task = Context(app.name, self._main(), USER, Mode.USER)

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(self._task)

    def _main(self) -> Process:
        core, ring = self._core, self._ring
        while True:
            if core.now_ps > core.horizon_ps:
                yield
            if not ring.ready:
                yield from self._sleep(core)
            block, frames = ring.ready.popleft()
            yield from self._walk(core, frames)
            ring.release(core, block)

    def _sleep(self, core: Core) -> Process:
        core.enter_kernel(self._task, self._enter, "poll")
        core.spend(self._poll)
        if core.now_ps > core.horizon_ps:
            yield
        while not self._ring.ready:
            yield from self._ring.waiters.sleep(core, self._task)
        core.spend(self._exit)
        core.leave_kernel(self._task)

    def _walk(self, core: Core, frames: list[Frame]) -> Process:
        """Work on the packets of a block in place."""
        self.in_hand = len(frames)
        for frame in frames:
            core.spend(self._each, frame.packet)
            self.in_hand -= 1
            if self._drops:
                self._machine.books.drop(core, frame, _APP, DISCARDED)
            else:
                self._machine.books.deliver(core, frame, _APP)
            if core.now_ps > core.horizon_ps:
                yield
