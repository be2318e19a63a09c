"""An lcore: a thread that has a core to itself and runs to completion, for ever.

    rx_burst -> the application's work on each frame -> free it, or tx_burst

With several queues it polls them in turn, and the empty ones cost a poll each.
DPDK: Programmer's Guide, "Environment Abstraction Layer"; examples/skeleton, examples/l2fwd
"""

from abc import ABC, abstractmethod

from kbview.emulator.application import Answers, Application
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import POLL_USEFUL, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Frame
from kbview.tape.events import Mode


class Work(ABC):
    """What an application does with a burst. `passes_on`: what it returns came in and goes out."""

    passes_on = False

    def __init__(self, machine: Machine, app: Application) -> None:
        self._machine = machine
        self._app = app

    @abstractmethod
    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        """Work on the frames and free them; returns those that are to be sent instead."""


class Consume(Work):
    """The application takes each and frees it."""

    def __init__(self, machine: Machine, app: Application) -> None:
        super().__init__(machine, app)
        self._finish = machine.prices.sequence("app_work", "mbuf_free")

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            self._machine.deliver(core, frame, "app")
            core.spend(self._finish, frame.packet)
        return []


class Discard(Work):
    """Each is freed unseen."""

    def __init__(self, machine: Machine, app: Application) -> None:
        super().__init__(machine, app)
        self._free = machine.prices.step("mbuf_free")

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            self._machine.drop(core, frame, "app", "DISCARDED")
            core.spend(self._free, frame.packet)
        return []


class Reply(Work):
    """Addresses and ports change places in the same mbuf; what has no answer is freed."""

    def __init__(self, machine: Machine, app: Application) -> None:
        super().__init__(machine, app)
        self._answers = Answers()
        self._rewrite = machine.prices.sequence("app_work", "frame_rewrite")

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        replies: list[Frame] = []
        for frame in frames:
            self._machine.deliver(core, frame, "app")
            core.spend(self._rewrite, frame.packet)
            payload = self._app.answer(frame.payload)
            replies.append(self._answers.answer(frame, payload or 0, core.now_ps))
        return replies


class PassOn(Work):
    """New MAC addresses, and out again: l2fwd."""

    passes_on = True

    def __init__(self, machine: Machine, app: Application) -> None:
        super().__init__(machine, app)
        self._rewrite = machine.prices.step("frame_rewrite")

    def take(self, core: Core, frames: list[Frame]) -> list[Frame]:
        for frame in frames:
            core.spend(self._rewrite, frame.packet)
        return frames


WORKS: dict[str, type[Work]] = {"sink": Consume, "drop": Discard, "echo": Reply, "forward": PassOn}


class Lcore:
    """The thread. `in_hand`: frames passed on that are neither in a ring nor delivered."""

    def __init__(self, core: Core, ports: list[PortQueue], work: Work) -> None:
        self.in_hand = 0
        self._core = core
        self._ports = ports
        self._work = work
        self._empty_poll = ports[0].empty_poll
        for port in ports:
            port.queue.watcher = self._stir

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(Context("lcore", self._main(), POLL_USEFUL, Mode.USER))

    def wait_anew(self) -> None:
        """Traffic has ended: wait for what is there, not for what would have come."""
        if self._core.resting:
            self._spin()

    def _main(self) -> Process:
        core, ports = self._core, self._ports
        while True:
            if self._next_ready_ps() > core.now_ps:
                self._spin()
            if core.resting or core.now_ps > core.horizon_ps:
                yield
                continue
            for port in ports:
                frames = port.rx_burst(core)
                outgoing = self._work.take(core, frames)
                if outgoing:
                    yield from self._send(port, outgoing)

    def _send(self, port: PortQueue, frames: list[Frame]) -> Process:
        core, passes_on = self._core, self._work.passes_on
        if core.now_ps > core.horizon_ps:
            self.in_hand = len(frames) if passes_on else 0
            yield
            self.in_hand = 0
        sent = port.tx_burst(core, frames, passed_on=passes_on)
        if sent < len(frames):
            port.give_up(core, frames[sent:], passed_on=passes_on)

    def _next_ready_ps(self) -> int:
        if len(self._ports) == 1:
            return self._ports[0].next_ready_ps()
        return min(port.next_ready_ps() for port in self._ports)

    def _spin(self) -> None:
        """Poll in vain until the next frame is in memory."""
        self._core.spin(self._empty_poll, self._next_ready_ps())

    def _stir(self, ready_ps: int) -> None:
        """Something will be there earlier than was known when the spin began."""
        if self._core.resting and ready_ps < NEVER_PS:
            self._core.stir(ready_ps)
