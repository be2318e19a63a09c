"""screend: a user process that screens each packet before it is forwarded.

    soft interrupt --> screening queue --> ioctl(): headers out --> the process decides
                                              ^                          |
                                              +--- next ioctl(): verdict, and out it goes

The packet is forwarded in a system call of the process, so forwarding has the priority of a process:
it stops while packets keep arriving. Here screend accepts every packet.
J. Mogul, "Simple and flexible datagram access controls for Unix-based gateways", USENIX 1989.
"""

from collections import deque
from typing import Protocol

from kbview.emulator.datapaths.kernel_irq.user_work import user_work
from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import USER
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.shared_ring import SharedRing
from kbview.emulator.kernel.send.xmit import Forwarder
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.packet.frame import Frame
from kbview.tape.events import Mode
from kbview.tape.vocabulary import CopyKind, DropReason, Place, RingKind

# Enum members that a packet needs: a look-up in the class costs more than a call.
_SCREENQ = Place.SCREENQ
_TO_USER = CopyKind.TO_USER

FULL_RING = DropReason.FULL_RING
SHOWN = 64  # bytes of headers that the ioctl copies out


class Stopped(Protocol):
    """An input that the queue's feedback has stopped."""

    def go_on(self, core: Core) -> None:
        """A task on `core` has made room: resume."""


class ScreenQueue(Forwarder):
    """The queue between soft interrupt and screend. `inhibits`: feedback stops the input."""

    steps: tuple[str, ...] = ("screen_enqueue",)

    def __init__(self, machine: Machine, skbs: SkbCache, limit: int) -> None:
        self.inhibits = False
        self.stopped: list[Stopped] = []
        self.waiters = WaitQueue(machine)
        self.entries = SharedRing(machine, RingKind.SCREENQ, 0, limit)
        self._frames: deque[Frame] = deque()
        self._machine = machine
        self._skbs = skbs

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def held(self) -> int:
        """Frames that wait, each with its sk_buff."""
        return len(self._frames)

    @property
    def buffers(self) -> int:
        """The sk_buffs of these frames."""
        return self.held

    def receive(self, core: Core, frame: Frame) -> None:
        """Append a packet and wake screend; a full queue drops the packet."""
        entries = self.entries
        if not entries.room:
            self._machine.books.drop(core, frame, _SCREENQ, FULL_RING)
            self._skbs.free(core, frame)
            return
        self._frames.append(frame)
        entries.produce(core, 1)
        self.inhibits = self.inhibits or 4 * entries.filled >= 3 * entries.size
        if self.waiters.sleeper is not None:
            self.waiters.wake(core)

    def take(self, core: Core) -> Frame:
        """Remove the oldest packet; when the queue is down to a quarter, resume stopped inputs."""
        self.entries.consume(core, 1)
        if self.inhibits and 4 * self.entries.filled <= self.entries.size:
            self.inhibits = False
            for stopped in self.stopped:
                stopped.go_on(core)
            self.stopped.clear()
        return self._frames.popleft()


class Screend:
    """The process. `in_hand`: screend has read the headers of a packet and not decided yet."""

    def __init__(self, machine: Machine, core: Core, queue: ScreenQueue, forwarder: Forwarder) -> None:
        self.in_hand = False
        self._core = core
        self._queue = queue
        self._forwarder = forwarder
        self._machine = machine
        prices = machine.prices
        self._enter = prices.step("syscall_enter")
        self._forward = prices.sequence(*forwarder.steps)
        self._show = prices.sequence("screen_ioctl", "copy_to_user", "syscall_exit")
        self._rules = prices.step("screen_rules")
        self._task = Context("screend", self._main(), USER, Mode.USER)

    @property
    def held(self) -> int:
        """The packet in hand, with its sk_buff."""
        return int(self.in_hand)

    @property
    def buffers(self) -> int:
        """The sk_buffs of these frames."""
        return self.held

    def start(self) -> None:
        """Put the process on its core."""
        self._core.start(self._task)

    def _main(self) -> Process:
        core, queue = self._core, self._queue
        frame: Frame | None = None
        while True:
            core.enter_kernel(self._task, self._enter, "ioctl")
            if frame is not None:
                yield from self._send(core, frame)
            if core.now_ps > core.horizon_ps:
                yield  # what follows looks at a queue that the soft interrupt fills
            while not len(queue):
                yield from queue.waiters.sleep(core, self._task)
            frame = queue.take(core)
            self.in_hand = True
            if core.softirq is not None:
                yield  # stopped input resumes before this process does
            self._shown(core, frame)
            yield from user_work(core, self._rules, self._machine.recorder, frame.packet)

    def _send(self, core: Core, frame: Frame) -> Process:
        """Forward a packet that screend has accepted."""
        core.spend(self._forward, frame.packet)
        if core.now_ps > core.horizon_ps:
            yield
        self.in_hand = False
        self._forwarder.receive(core, frame)

    def _shown(self, core: Core, frame: Frame) -> None:
        core.spend_copying(self._show, SHOWN, frame.packet)
        self._machine.counts.copied(core, frame.packet, _TO_USER, SHOWN)
        core.leave_kernel(self._task)
