"""The loop of a thread that has a core to itself: poll, work, send, for ever.

    a frame is in memory --> poll the queues --> work --> tx_burst --.
         ^                                                           |
         '--- empty polls until the next frame, or the next timer <--'

A stretch of empty polls is one spin.
DPDK: Programmer's Guide, "Environment Abstraction Layer"; examples/skeleton, examples/l2fwd
"""

from abc import ABC, abstractmethod

from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.account import POLL_USEFUL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.run_queue import Context
from kbview.packet.frame import Frame
from kbview.tape.events import Mode


class PollLoop(ABC):
    """The thread. `in_hand` counts forwarded frames between rx_burst and tx_burst."""

    def __init__(self, core: Core, ports: list[PortQueue]) -> None:
        self.in_hand = 0
        self._core = core
        self._ports = ports
        self._task = Context("lcore", self.lcore_main(), POLL_USEFUL, Mode.USER)
        self._empty_poll = ports[0].empty_poll
        for port in ports:
            port.queue.watch(self._shorten_spin)

    def start(self) -> None:
        """Put the thread on its core."""
        self._core.start(self._task)

    def wait_anew(self) -> None:
        """Traffic has ended: wait for frames in the ring, not for further arrivals."""
        if self._core.resting:
            self._spin()

    def lcore_main(self) -> Process:
        """Poll, work, send, for ever; a stretch of empty polls is one spin."""
        core = self._core
        while True:
            if self._next_ready_ps() > core.now_ps:
                self._spin()
                if core.resting:
                    yield
                sleep = self._sleep()
                if sleep is not None:
                    yield from sleep
            elif core.now_ps > core.horizon_ps:
                yield
            else:
                yield from self._poll_ports()

    @abstractmethod
    def _poll_ports(self) -> Process:
        """One round: poll each queue, work on its frames, send."""

    def _send(self, port: PortQueue, frames: list[Frame], *, passed_on: bool) -> Process:
        """tx_burst(); frames that find no descriptor are freed."""
        core = self._core
        if core.now_ps > core.horizon_ps:
            self.in_hand = len(frames) if passed_on else 0
            yield
            self.in_hand = 0
        sent = port.tx_burst(core, frames, passed_on=passed_on)
        if sent < len(frames):
            port.give_up(core, frames[sent:], passed_on=passed_on)

    def _next_ready_ps(self) -> int:
        """When a round will find work."""
        if len(self._ports) == 1:
            return self._ports[0].next_ready_ps()
        return min(port.next_ready_ps() for port in self._ports)

    def _sleep(self) -> Process | None:
        """A sleep after empty polls; None: the thread polls on."""
        return None

    def _spin(self) -> None:
        """Empty polls until the next work is there."""
        self._core.spin(self._empty_poll, self._next_ready_ps())

    def _shorten_spin(self, ready_ps: int) -> None:
        """A frame will be in memory earlier than was known when the spin began."""
        if self._core.resting and ready_ps < NEVER_PS:
            self._core.shorten_rest(ready_ps)
