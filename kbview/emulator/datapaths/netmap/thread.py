"""The application's thread on netmap: poll(), work on the slots in place, poll() again.

    poll(): txsync for written slots, rxsync for new frames --> slots? --> back to user mode
                                                                  | none
                                                                  v
                                            sleep until the NIC's interrupt wakes the thread

This is netmap's adaptive polling: under load poll() always finds slots and never sleeps.
netmap(4), "SELECT, POLL, EPOLL, KQUEUE"
"""

from collections.abc import Generator

from kbview.emulator.burst_work import Work
from kbview.emulator.datapaths.netmap.queue import NetmapQueue
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import USER
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.packet.frame import Frame
from kbview.tape.events import Mode
from kbview.tape.vocabulary import DropReason, Place

TX_RING_FULL = DropReason.TX_RING_FULL


class NetmapThread:
    """A thread on a queue pair. `in_hand` counts forwarded frames that are in no ring."""

    unsent = 0  # frames of its own: it makes none

    def __init__(self, machine: Machine, shared: NetmapQueue, work: Work) -> None:
        self.in_hand = 0
        self._shared = shared
        self._books = machine.books
        self._work = work
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._poll = step("poll_wait")
        self._task = Context("netmap", self._main(), USER, Mode.USER)

    def start(self) -> None:
        """Put the thread on its core."""
        self._shared.core.start(self._task)

    def _main(self) -> Process:
        core, work = self._shared.core, self._work
        outgoing: list[Frame] = []
        while True:
            frames = yield from self._poll_rings(core, outgoing)
            outgoing = work.take(core, frames)
            self.in_hand = len(outgoing) if work.passes_on else 0

    def _poll_rings(self, core: Core, outgoing: list[Frame]) -> Generator[None, None, list[Frame]]:
        """A call of poll(); returns the frames in the slots that are ready, never an empty list."""
        shared = self._shared
        core.enter_kernel(self._task, self._enter, "poll")
        core.spend(self._poll)
        if core.now_ps > core.horizon_ps:
            yield
        if outgoing:
            self._send(core, outgoing)
        while not (frames := shared.rxsync(core)):
            yield from shared.sleep(self._task)
        core.spend(self._exit)
        core.leave_kernel(self._task)
        return frames

    def _send(self, core: Core, frames: list[Frame]) -> None:
        """Frames that find no free transmit slot are dropped, as netmap's bridge does."""
        passed_on = self._work.passes_on
        self.in_hand = 0
        sent = self._shared.txsync(core, frames, passed_on=passed_on)
        for frame in frames[sent:]:
            self._books.give_up(core, frame, Place.TX_RING, TX_RING_FULL, passed_on)
