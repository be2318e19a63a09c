"""The TCP thread: one loop that receives, runs TCP, hands events over, takes jobs, and sends.

    rx_burst --> TCP, each frame --> timers --> flush events, signal --> jobs --> write --> tx_burst
        ^                                            |                    ^
        |                                            v                    |
        +-----------------------------------  the application  -----------+

The application gets the core when it is signalled and has had less of it, else when the scheduler finds
that the TCP thread had its turn: this loop never sleeps. mtcp/src/core.c RunMainLoop()
"""

from kbview.emulator.bypass.mtcp.app_thread import AppThread
from kbview.emulator.bypass.mtcp.connections import Connections
from kbview.emulator.bypass.mtcp.input import Input
from kbview.emulator.bypass.mtcp.output import Output
from kbview.emulator.bypass.mtcp.streams import Streams
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import POLL_USEFUL, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.tape.events import Mode
from kbview.tape.meter import RingMeter

NAME = "mtcp"


class TcpThread:
    """The loop of one core, with all that belongs to it alone."""

    def __init__(
        self, machine: Machine, core: Core, ports: list[PortQueue], output: Output, streams: Streams
    ) -> None:
        self.streams = streams
        self.app: AppThread | None = None
        self.task = Context(NAME, self._main(), POLL_USEFUL, Mode.USER)
        self._core = core
        self._ports = ports
        self._output = output
        self._input: Input | None = None
        self._connections = streams if isinstance(streams, Connections) else None
        self._finishing = False
        self._empty_poll = ports[0].empty_poll
        self._free = machine.prices.step("mbuf_free")
        for port in ports:
            port.queue.watcher = self._stir

    def start(self, way_up: Input, app: AppThread) -> None:
        """Put both threads on the core; the application sleeps at first."""
        self._input, self.app = way_up, app
        app.task.runnable = False
        app.condition.sleeper = app.task
        self._core.start(app.task)
        self._core.start(self.task)

    def wait_anew(self) -> None:
        """Traffic has ended: wait for what is there, not for what would have come or for timers."""
        self._finishing = True
        if self._core.resting and not self._output.frames:
            self._rest()

    @property
    def due_ps(self) -> int:
        """When a timer of TCP is due."""
        return NEVER_PS if self._finishing else self.streams.due_ps

    def rings(self) -> list[RingMeter]:
        """The queues between the threads."""
        jobs = [] if self._connections is None else [self._connections.jobs.meter()]
        return [self.streams.events.meter(), *jobs]

    # ---- the loop --------------------------------------------------------------------------

    def _main(self) -> Process:
        core = self._core
        while True:
            if self._idle():
                self._rest()
                yield
                continue
            if core.now_ps > core.horizon_ps:
                yield
            self._receive()
            if self.due_ps <= core.now_ps:
                self.streams.expire()
            self.streams.events.flush()
            if self._signal():
                yield
            if self._connections is not None:
                self._connections.work()
            self._output.write()
            yield from self._output.send()

    def _receive(self) -> None:
        core, way_up = self._core, self._input
        for port in self._ports:
            for frame in port.rx_burst(core):
                if way_up is not None:
                    way_up.receive(frame)
                core.spend(self._free, frame.packet)

    def _signal(self) -> bool:
        """Wake the application if it sleeps and there is something for it."""
        app = self.app
        if app is None or app.condition.sleeper is None or not self.streams.events.flushed:
            return False
        app.condition.signal(self.task)
        return True

    # ---- rest ------------------------------------------------------------------------------

    def _idle(self) -> bool:
        """Whether a round would find nothing to do."""
        if not self._output.idle or (self._connections and self._connections.jobs.waiting):
            return False
        return min(self._next_ready_ps(), self.due_ps) > self._core.now_ps

    def _rest(self) -> None:
        """Poll in vain until a frame is in memory, a timer is due, or the application's turn comes."""
        core = self._core
        until_ps = min(self._next_ready_ps(), self.due_ps, core.turn_ends_ps)
        if until_ps > core.now_ps:
            core.spin(self._empty_poll, until_ps)

    def _next_ready_ps(self) -> int:
        return min(port.next_ready_ps() for port in self._ports)

    def _stir(self, ready_ps: int) -> None:
        """Something will be there earlier than was known when the spin began."""
        if self._core.resting and ready_ps < NEVER_PS:
            self._core.stir(ready_ps)
