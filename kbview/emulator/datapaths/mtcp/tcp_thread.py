"""The TCP thread: one loop that receives, runs TCP, hands events over, takes jobs, and sends.

    receive --> TCP, each frame --> timers --> flush events, signal --> jobs --> write --> send
        ^                                            |                    ^
        |                                            v                    |
        +-----------------------------------  the application  -----------+

The application gets the core when it is signalled and has had less of it, else when this loop sleeps
(psio) or when the scheduler finds that it had its turn (dpdk, where it never sleeps).
mtcp/src/core.c RunMainLoop()
"""

from kbview.emulator.datapaths.mtcp.app_thread import AppThread
from kbview.emulator.datapaths.mtcp.connections import Connections
from kbview.emulator.datapaths.mtcp.futex import Condition
from kbview.emulator.datapaths.mtcp.input import Input
from kbview.emulator.datapaths.mtcp.io import Io
from kbview.emulator.datapaths.mtcp.output import Output
from kbview.emulator.datapaths.mtcp.streams import Streams
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import POLL_USEFUL, Context
from kbview.packet.frame import Frame
from kbview.tape.events import Mode
from kbview.tape.meter import RingMeter

NAME = "mtcp"


class TcpThread:
    """The loop of one core, with all that belongs to it alone."""

    def __init__(self, io: Io, output: Output, way_up: Input, streams: Streams) -> None:
        self.streams = streams
        self.task = Context(NAME, self._main(), POLL_USEFUL, Mode.USER)
        self._core = streams.core
        self._io = io
        self._output = output
        self._input = way_up
        self._condition: Condition | None = None
        self._connections = streams if isinstance(streams, Connections) else None
        self._finishing = False
        io.open(self.task)

    def start(self, app: AppThread) -> None:
        """Put both threads on the core; the application sleeps at first."""
        self._condition = app.condition
        app.task.runnable = False
        app.condition.sleeper = app.task
        self.task.ran_ps = self._core.slice_ps  # it has polled all the while that the other slept
        self._core.start(app.task)
        self._core.start(self.task)

    def wait_anew(self) -> None:
        """Traffic has ended: wait for what is there, not for what would have come or for timers."""
        self._finishing = True
        self._io.wait_anew(self.due_ps)

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
        core, io, output, connections = self._core, self._io, self._output, self._connections
        while True:
            if self._idle():
                yield from io.rest(self.due_ps)
                continue
            self._process((yield from io.receive()))
            if self.due_ps <= core.now_ps:
                self.streams.expire()
            self.streams.events.flush()
            if self._signal():
                yield
            if connections is not None:
                connections.work()
            output.write()
            yield from io.send(output.frames)

    def _idle(self) -> bool:
        """Whether a round would find nothing to do."""
        if not self._io.nothing() or not self._output.idle or self.due_ps <= self._core.now_ps:
            return False
        return self._connections is None or not self._connections.jobs.waiting

    def _process(self, frames: list[Frame]) -> None:
        free = self._io.free
        for frame in frames:
            self._input.receive(frame)
            if free is not None:
                self._core.spend(free, frame.packet)

    def _signal(self) -> bool:
        """Wake the application if it sleeps and there is something for it."""
        condition = self._condition
        if condition is None or condition.sleeper is None or not self.streams.events.flushed:
            return False
        condition.signal(self.task)
        return True
