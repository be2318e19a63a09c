"""The TCP thread: a loop that receives, runs TCP, hands events over, takes jobs, and sends.

    receive --> TCP, each frame --> timers --> flush events, signal --> jobs --> write --> send
        ^                                            |                    ^
        |                                            v                    |
        +-----------------------------------  the application  -----------+

A signalled application gets the core if it has run less than this loop. Otherwise it gets the core when
this loop sleeps (psio), or when this loop's time slice ends (dpdk, where the loop never sleeps).
mtcp/src/core.c RunMainLoop()
"""

from kbview.emulator.datapaths.mtcp.condition import Condition
from kbview.emulator.datapaths.mtcp.input import Input
from kbview.emulator.datapaths.mtcp.io_module import IoModule
from kbview.emulator.datapaths.mtcp.output import Output
from kbview.emulator.datapaths.mtcp.stream_table import StreamTable
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.account import POLL_USEFUL
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.packet.frame import Frame
from kbview.tape.events import Mode

NAME = "mtcp"


class TcpThread:
    """The loop of a core. `io` is its own context of the I/O module."""

    def __init__(
        self,
        module: IoModule,
        queues: list[RxQueue],
        way_up: Input,
        streams: StreamTable,
        output: Output,
        condition: Condition,
    ) -> None:
        self._core = streams.core
        self._task = Context(NAME, self._run_main_loop(), POLL_USEFUL, Mode.USER)
        self.io = module.init_handle(self._core, queues, self._task)
        self._input = way_up
        self._streams = streams
        self._output = output
        self._condition = condition
        self._finishing = False

    def start(self, app: Context) -> None:
        """Put both threads on the core; the application sleeps at first."""
        self._condition.put_to_sleep(app)
        self._task.ran_ps = (
            self._core.run_queue.slice_ps
        )  # as if it had polled while the application slept
        self._core.start(app)
        self._core.start(self._task)

    def wait_anew(self) -> None:
        """Traffic has ended: wait for frames in the rings, not for further arrivals or timers."""
        self._finishing = True
        self.io.wait_anew(self.due_ps)

    @property
    def due_ps(self) -> int:
        """When the next TCP timer expires; NEVER_PS without one."""
        return NEVER_PS if self._finishing else self._streams.due_ps

    # ---- the loop --------------------------------------------------------------------------

    def _run_main_loop(self) -> Process:
        core, io, streams, output = self._core, self.io, self._streams, self._output
        while True:
            if self._idle():
                yield from io.wait(self.due_ps)
                continue
            self._process((yield from io.receive()))
            if self.due_ps <= core.now_ps:
                streams.expire()
            streams.events.flush()
            if self._signal():
                yield
            streams.work()
            output.write()
            yield from io.send(output.frames)

    def _idle(self) -> bool:
        """Whether a round would find nothing to do."""
        if not self.io.idle() or not self._output.idle or self.due_ps <= self._core.now_ps:
            return False
        return not self._streams.has_jobs

    def _process(self, frames: list[Frame]) -> None:
        free = self.io.free
        for frame in frames:
            self._input.receive(frame)
            if free is not None:
                self._core.spend(free, frame.packet)

    def _signal(self) -> bool:
        """Wake the application if it sleeps and has events; returns whether it was woken."""
        if not self._condition.sleeps or not self._streams.events.flushed:
            return False
        self._condition.signal(self._task)
        return True
