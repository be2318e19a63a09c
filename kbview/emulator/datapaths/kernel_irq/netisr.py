"""The soft interrupt of one core: a program of its own that a handler asks for and that runs later.

    device interrupt   splimp   acknowledge, frame to ipintrq, schednetisr()    irq_driver.py
    soft interrupt     splnet   IP and above, until ipintrq is empty            here
    process            spl0     read(), and the application's own work          read_loop.py

The more urgent always comes first, so under load what is on ipintrq waits while interrupts bring more.
A handler returns to where it came from. If that was user mode, the wall is crossed back and the
process goes on until the soft interrupt is delivered; in kernel mode there is nothing to cross, and it
follows at once. 4.2BSD: schednetisr(), ipintr(); Mogul and Ramakrishnan, ACM TOCS 15(3), 1997.
"""

from collections import deque

from kbview.emulator.datapaths.kernel_irq.intake import Intake
from kbview.emulator.datapaths.kernel_irq.ipintrq import InputQueue
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import SOFTIRQ, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.net.layers import Stack
from kbview.emulator.kernel.softirq import Pollable
from kbview.packet.frame import Frame
from kbview.tape.events import Mode


class Netisr:
    """One core's. Besides frames it has jobs: what a timer or a driver wants to have done at splnet."""

    def __init__(self, machine: Machine, core: Core, stack: Stack, maxlen: int) -> None:
        self.core = core
        self.queue = InputQueue(machine, core.number, maxlen)
        self.intake = Intake(machine, stack)
        self._jobs: deque[Pollable] = deque()
        self._requested = False  # until the program has ended
        self._counts = machine.counts
        self._dispatch = machine.prices.step("netisr_dispatch")
        self._enqueue = machine.prices.step("ipintrq_enqueue")
        self._delivery_ps = machine.prices.step("softirq_delivery").cost_ps
        self._vector = Vector(core, self._deliver)

    @property
    def held(self) -> int:
        """Frames that wait, and the one on its way up."""
        return len(self.queue) + self.intake.in_hand

    # ---- asking for it ---------------------------------------------------------------------

    def input(self, frame: Frame) -> None:
        """A handler's: put a frame on ipintrq and ask for the soft interrupt."""
        self.core.spend(self._enqueue, frame.packet)
        self.queue.enqueue(self.core, frame)
        self._schednetisr()

    def napi_schedule(self, napi: Pollable) -> None:
        """A handler's: have this done by the soft interrupt."""
        self._jobs.append(napi)
        self._schednetisr()

    def resume(self, job: Pollable, caller: Core) -> None:
        """A task's, in a system call, maybe on another core: the job can go on. The task yields."""
        self._jobs.append(job)
        if self._requested:
            return
        self._requested = True
        if caller is self.core:
            self._deliver(caller)
        else:
            self._vector.arm(caller.now_ps + self._delivery_ps)
            caller.mind(caller.now_ps + self._delivery_ps)

    def _schednetisr(self) -> None:
        if self._requested:
            return
        self._requested = True
        if self.core.interrupted is Mode.KERNEL:
            self._deliver(self.core)
        else:
            self._vector.arm(self.core.now_ps + max(1, self._delivery_ps))

    # ---- the program -----------------------------------------------------------------------

    def _deliver(self, core: Core) -> None:
        core.softirq = Context("softirq", self._run(), SOFTIRQ, Mode.KERNEL)

    def _run(self) -> Process:
        core = self.core
        self._counts.softirq_entered(core, "schednetisr")
        core.spend(self._dispatch)
        while True:
            if core.now_ps > core.horizon_ps:
                yield  # interrupts come first
            if self._jobs:
                yield from self._jobs.popleft().poll(0)
            elif (frame := self.queue.dequeue(core)) is not None:
                yield from self.intake.receive(core, frame)
            else:
                break
        self._requested = False
        self._counts.softirq_exited(core, squeezed=False)
