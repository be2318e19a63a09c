"""A thread on netmap that only sends: fill slots, NIOCTXSYNC; when the ring is full, sleep.

A sent slot raises the interrupt that wakes the thread; a received frame does not.
netmap: apps/pkt-gen -f tx
"""

from kbview.emulator.application import Production
from kbview.emulator.datapaths.netmap.queue import NetmapQueue
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import USER
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.packet.frame import Frame
from kbview.tape.events import Mode


class NetmapSender:
    """The thread. It ends with the last frame of `made`; up to `burst` frames a call."""

    in_hand = 0  # forwarded frames: it forwards none

    def __init__(self, machine: Machine, shared: NetmapQueue, made: Production, burst: int) -> None:
        self._shared = shared
        self._made = made
        self._burst = burst
        self._waiting: list[Frame] = []
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._fill = step("app_work")
        self._task = Context("netmap", self._main(), USER, Mode.USER)

    @property
    def unsent(self) -> int:
        """Frames of its own that have no slot yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Put the thread on its core."""
        self._shared.core.start(self._task)

    def _main(self) -> Process:
        core, waiting = self._shared.core, self._waiting
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
        sent = self._shared.txsync(core, waiting, passed_on=False)
        del waiting[:sent]
        if not sent:
            yield from self._shared.sleep(self._task)
        core.spend(self._exit)
        core.leave_kernel(self._task)
