"""The application's thread on netmap: poll(), work on the slots in place, poll() again.

    poll(): txsync what was written, rxsync what has come --> slots? --> back to user mode
                                                                | none
                                                                v
                                          sleep until the NIC's interrupt wakes the thread

That is netmap's adaptive polling: under load poll() always finds slots and never sleeps.
netmap(4), "SELECT, POLL, EPOLL, KQUEUE"
"""

from collections.abc import Generator

from kbview.emulator.application import Production
from kbview.emulator.datapaths.netmap.queue import NetmapQueue
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import USER, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.work import Work
from kbview.packet.frame import Frame
from kbview.tape.events import Mode

TX_RING_FULL = "TX_RING_FULL"


class NetmapThread:
    """One thread on one queue pair. `in_hand`: frames passed on that are in no ring.

    `sends`: what wakes it is a slot that was sent, not one that was filled.
    """

    sends = False

    def __init__(self, machine: Machine, shared: NetmapQueue, work: Work | None = None) -> None:
        self.shared = shared
        self.in_hand = 0
        self.waiting: list[Frame] = []  # frames of its own that found no slot yet
        self._machine = machine
        self._work = work
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._poll = step("poll_wait")
        self._task = Context("netmap", self._main(), USER, Mode.USER)

    def start(self) -> None:
        """Bind the queue's vector and put the thread on its core."""
        core, queue = self.shared.core, self.shared.queue
        queue.vector = Vector(core, self.shared.irq_handler)
        queue.completes = self.sends
        queue.masked = True
        core.start(self._task)

    def _main(self) -> Process:
        core, work = self.shared.core, self._work
        outgoing: list[Frame] = []
        while work is not None:
            frames = yield from self._poll_rings(core, outgoing)
            outgoing = work.take(core, frames)
            self.in_hand = len(outgoing) if work.passes_on else 0

    def _poll_rings(self, core: Core, outgoing: list[Frame]) -> Generator[None, None, list[Frame]]:
        """One call of poll(); returns when there are slots to read."""
        shared = self.shared
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
        """What the transmit ring has no room for is given up, as a bridge does."""
        passed_on = self._work is not None and self._work.passes_on
        self.in_hand = 0
        sent = self.shared.txsync(core, frames, passed_on=passed_on)
        for frame in frames[sent:]:
            self._machine.books.give_up(core, frame, "tx ring", TX_RING_FULL, passed_on)


class NetmapSender(NetmapThread):
    """A thread that only sends: fill slots, NIOCTXSYNC; poll() when the ring is full. pkt-gen -f tx."""

    sends = True

    def __init__(self, machine: Machine, shared: NetmapQueue, made: Production, burst: int) -> None:
        super().__init__(machine, shared)
        self._made = made
        self._burst = burst
        self._fill = machine.prices.step("app_work")

    def _main(self) -> Process:
        core = self.shared.core
        waiting = self.waiting
        while True:
            made = self._made.make(self._burst - len(waiting), core.now_ps)
            for frame in made:
                core.spend(self._fill, frame.packet)
            waiting += made
            if not waiting:
                return
            yield from self._sync(core, waiting)

    def _sync(self, core: Core, waiting: list[Frame]) -> Process:
        core.enter_kernel(self._task, self._enter, "ioctl")
        if core.now_ps > core.horizon_ps:
            yield
        sent = self.shared.txsync(core, waiting, passed_on=False)
        del waiting[:sent]
        if not sent:
            yield from self.shared.sleep(self._task)
        core.spend(self._exit)
        core.leave_kernel(self._task)
