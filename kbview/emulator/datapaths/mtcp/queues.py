"""The two queues between TCP thread and application, in shared memory.

    events   a stream can be read or written: raised singly, handed over when a batch is flushed
    jobs     a stream has text to send or is to be closed

A stream is in each queue at most once. mtcp/src/eventpoll.c, tcp_stream_queue.c
"""

from collections import deque

from kbview.emulator.datapaths.mtcp.tcp_stream import Item, TcpStream
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.tape.events import BatchHandedOver
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import RingKind

SIZE = 10_000  # MAX_FLOW_NUM of mTCP's example servers; as many streams, as many entries
EVENTS, JOBS = RingKind.EVENTS, RingKind.JOBS


class EventQueue:
    """Events for one application thread; it sees the `flushed` events only."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self.flushed: deque[Item] = deque()
        self._raised: deque[Item] = deque()
        self._core = core
        self._counts = machine.counts
        self._recorder = machine.recorder
        self._add = machine.prices.step("mtcp_event")
        self._flush = machine.prices.step("mtcp_flush_events")

    def add(self, item: Item, packet: int) -> None:
        """AddEpollEvent: raise an event on a stream or a port, unless it is raised already."""
        if item.raised:
            return
        item.raised = True
        self._core.spend(self._add, packet)
        self._raised.append(item)

    def keep(self, item: Item) -> None:
        """Raise an event again that the application has not finished: the shadow queue."""
        item.raised = True
        self.flushed.append(item)
        core = self._core
        self._counts.ring_produced(core, EVENTS, core.number, 1, len(self.flushed))

    def flush(self) -> bool:
        """FlushEpollEvents: show the application the raised events; returns whether there were any."""
        count = len(self._raised)
        if not count:
            return False
        core = self._core
        core.spend(self._flush)
        self.flushed.extend(self._raised)
        self._raised.clear()
        self._counts.ring_produced(core, EVENTS, core.number, count, len(self.flushed))
        if self._recorder.steps:
            self._recorder.emit(BatchHandedOver(core.now_ps, core.number, EVENTS, count))
        return True

    def take(self) -> list[Item]:
        """Take all flushed events."""
        taken = list(self.flushed)
        self.flushed.clear()
        self._counts.ring_consumed(self._core, EVENTS, self._core.number, len(taken), 0)
        for item in taken:
            item.raised = False
        return taken

    def meter(self) -> RingMeter:
        """The queue as a panel draws it."""
        waiting = len(self.flushed)
        return RingMeter(self._core.number, max(SIZE, waiting), done=waiting, kind=EVENTS)


class JobQueue:
    """Streams with a job for the TCP thread."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self.waiting: deque[TcpStream] = deque()
        self._core = core
        self._counts = machine.counts
        self._recorder = machine.recorder

    def add(self, stream: TcpStream) -> None:
        """Add a stream, unless it is in the queue already."""
        if stream.listed:
            return
        stream.listed = True
        self.waiting.append(stream)
        core = self._core
        self._counts.ring_produced(core, JOBS, core.number, 1, len(self.waiting))

    def take(self) -> list[TcpStream]:
        """HandleApplicationCalls: take all streams."""
        taken = list(self.waiting)
        self.waiting.clear()
        for stream in taken:
            stream.listed = False
        core = self._core
        self._counts.ring_consumed(core, JOBS, core.number, len(taken), 0)
        if taken and self._recorder.steps:
            self._recorder.emit(BatchHandedOver(core.now_ps, core.number, JOBS, len(taken)))
        return taken

    def meter(self) -> RingMeter:
        """The queue as a panel draws it."""
        waiting = len(self.waiting)
        return RingMeter(self._core.number, max(SIZE, waiting), done=waiting, kind=JOBS)
