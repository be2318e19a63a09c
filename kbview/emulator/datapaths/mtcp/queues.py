"""The two queues between TCP thread and application, in memory that both see.

    events   what happened on streams: raised one by one, handed over when a batch is flushed
    jobs     what the application wants: text to send, windows to open, streams to close

A stream stands in each at most once, however much happens. mtcp/src/eventpoll.c, tcp_stream_queue.c
"""

from collections import deque

from kbview.emulator.datapaths.mtcp.stream import Item, Stream
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.tape.events import BatchHandedOver, RingConsumed, RingProduced
from kbview.tape.meter import RingMeter

SIZE = 10_000  # MAX_FLOW_NUM of mTCP's example servers; as many streams, as many entries
EVENTS, JOBS = "events", "jobs"


class EventQueue:
    """Events for one application. `flushed` are those that it may see."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self.flushed: deque[Item] = deque()
        self._raised: deque[Item] = deque()
        self._core = core
        self._recorder = machine.recorder
        self._add = machine.prices.step("mtcp_event")
        self._flush = machine.prices.step("mtcp_flush_events")

    def add(self, item: Item, packet: int) -> None:
        """AddEpollEvent: something happened on a stream or a port."""
        if item.raised:
            return
        item.raised = True
        self._core.spend(self._add, packet)
        self._raised.append(item)

    def keep(self, item: Item) -> None:
        """The application has not done all that an event was about: the shadow queue."""
        item.raised = True
        self.flushed.append(item)
        self._tell_moved(RingProduced, 1)

    def flush(self) -> bool:
        """FlushEpollEvents: let the application see what was raised; whether there is anything."""
        count = len(self._raised)
        if not count:
            return False
        core = self._core
        core.spend(self._flush)
        self.flushed.extend(self._raised)
        self._raised.clear()
        self._tell_moved(RingProduced, count)
        if self._recorder.steps:
            self._recorder.emit(BatchHandedOver(core.now_ps, core.number, EVENTS, count))
        return True

    def take(self) -> list[Item]:
        """All that the application may see."""
        taken = list(self.flushed)
        self.flushed.clear()
        self._tell_moved(RingConsumed, len(taken))
        for item in taken:
            item.raised = False
        return taken

    def _tell_moved(self, kind: type[RingProduced | RingConsumed], count: int) -> None:
        if self._recorder.steps:
            core = self._core
            moved = kind(core.now_ps, core.number, EVENTS, core.number, count, len(self.flushed))
            self._recorder.emit(moved)

    def meter(self) -> RingMeter:
        """What a panel draws of it."""
        waiting = len(self.flushed)
        return RingMeter(self._core.number, max(SIZE, waiting), done=waiting, kind=EVENTS)


class JobQueue:
    """Streams that the application wants something of."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self.waiting: deque[Stream] = deque()
        self._core = core
        self._recorder = machine.recorder

    def add(self, stream: Stream) -> None:
        """Name a stream to the TCP thread."""
        if stream.listed:
            return
        stream.listed = True
        self.waiting.append(stream)
        if self._recorder.steps:
            core, filled = self._core, len(self.waiting)
            self._recorder.emit(RingProduced(core.now_ps, core.number, JOBS, core.number, 1, filled))

    def take(self) -> list[Stream]:
        """HandleApplicationCalls: all of them, together."""
        taken = list(self.waiting)
        self.waiting.clear()
        for stream in taken:
            stream.listed = False
        if taken and self._recorder.steps:
            core, emit = self._core, self._recorder.emit
            emit(RingConsumed(core.now_ps, core.number, JOBS, core.number, len(taken), 0))
            emit(BatchHandedOver(core.now_ps, core.number, JOBS, len(taken)))
        return taken

    def meter(self) -> RingMeter:
        """What a panel draws of it."""
        waiting = len(self.waiting)
        return RingMeter(self._core.number, max(SIZE, waiting), done=waiting, kind=JOBS)
