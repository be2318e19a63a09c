"""The soft interrupt of one core: a program that an interrupt's handler requests and that runs later.

    device interrupt   splimp   acknowledge, frame to ipintrq, schednetisr()    driver.py
    soft interrupt     splnet   IP and above, until ipintrq is empty            here
    process            spl0     read(), and the application's own work          read_loop.py

The higher priority always runs first: under load frames on ipintrq wait while interrupts add more.
A handler returns to the interrupted program. After an interrupt of user mode the process runs until
the soft interrupt is delivered; after an interrupt of kernel mode the soft interrupt follows at once.
4.2BSD: schednetisr(), ipintr(); Mogul and Ramakrishnan, ACM TOCS 15(3), 1997.
"""

from collections import deque

from kbview.emulator.datapaths.kernel_irq.ipintrq import InputQueue
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import SOFTIRQ
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.net.layers import ProtocolStack
from kbview.emulator.kernel.skb import truesize
from kbview.emulator.kernel.softirq import Pollable
from kbview.packet.frame import Frame
from kbview.tape.events import Mode

# Enum members that a packet needs: a look-up in the class costs more than a call.
_KERNEL = Mode.KERNEL

ALLOCATE = ("skb_alloc",)  # the first step of every price of the stack


class Intake:
    """Takes packets up the stack on one core. `in_hand`: a packet is between driver and taker."""

    def __init__(self, machine: Machine, stack: ProtocolStack) -> None:
        self.in_hand = False
        self._stack = stack
        self._counts = machine.counts

    def receive(self, core: Core, frame: Frame) -> Process:
        """Allocate an sk_buff and take it up the stack; yields before a shared socket or ring."""
        self._counts.skb_allocated(core, frame.packet, truesize(frame.length))
        taker = self._stack.netif_receive_skb(core, frame)
        self.in_hand = taker is not None
        if core.now_ps > core.horizon_ps:
            yield
        self.in_hand = False
        rest = taker.receive(core, frame) if taker is not None else None
        if rest is not None:
            yield from rest


class Netisr:
    """The soft interrupt of a core. It takes frames up, and runs jobs: polls of timers and drivers."""

    def __init__(self, machine: Machine, core: Core, stack: ProtocolStack, maxlen: int) -> None:
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
        """Frames that wait on ipintrq, and the frame on its way up."""
        return len(self.queue) + self.intake.in_hand

    @property
    def buffers(self) -> int:
        """The sk_buff of the frame on its way up; frames on ipintrq have none yet."""
        return int(self.intake.in_hand)

    # ---- asking for it ---------------------------------------------------------------------

    def input(self, frame: Frame) -> None:
        """Called by a handler: put a frame on ipintrq and request the soft interrupt."""
        self.core.spend(self._enqueue, frame.packet)
        self.queue.enqueue(self.core, frame)
        self._schednetisr()

    def napi_schedule(self, napi: Pollable) -> None:
        """Called by a handler: run `napi.poll` in the soft interrupt."""
        self._jobs.append(napi)
        self._schednetisr()

    def resume(self, job: Pollable, caller: Core) -> None:
        """Called by a task in a system call, on any core: run the job again. The task then yields."""
        self._jobs.append(job)
        if self._requested:
            return
        self._requested = True
        if caller is self.core:
            self._deliver(caller)
        else:
            self._vector.arm(caller.now_ps + self._delivery_ps)
            caller.give_way_by(caller.now_ps + self._delivery_ps)

    def _schednetisr(self) -> None:
        if self._requested:
            return
        self._requested = True
        if self.core.interrupted is _KERNEL:
            self._deliver(self.core)
        else:
            self._vector.arm(self.core.now_ps + max(1, self._delivery_ps))

    # ---- the program -----------------------------------------------------------------------

    def _deliver(self, core: Core) -> None:
        core.softirq = Context("softirq", self._run(), SOFTIRQ, _KERNEL)

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


class Netisrs:
    """The soft interrupts of a machine, each made at the first call of `of` for its core."""

    def __init__(self, machine: Machine, stack: ProtocolStack, maxlen: int) -> None:
        self._machine = machine
        self._stack = stack
        self._maxlen = maxlen
        self._of: dict[int, Netisr] = {}

    def of(self, core: Core) -> Netisr:
        """The soft interrupt of a core."""
        if core.number not in self._of:
            self._of[core.number] = Netisr(self._machine, core, self._stack, self._maxlen)
        return self._of[core.number]

    def all(self) -> list[Netisr]:
        """All soft interrupts, in the order of their making."""
        return list(self._of.values())
