"""All streams of one TCP thread: what becomes of frames that bring text, whoever says what is in order.

Copy 1 is made here, when a segment comes: what lies beyond a gap is copied into the ring as well, at
its place there, and its mbuf is free at once. mtcp/src/tcp_in.c ProcessTCPPayload(), RBPut()
"""

from abc import ABC, abstractmethod

from kbview.emulator.datapaths.mtcp.queues import EventQueue
from kbview.emulator.datapaths.mtcp.stream import Stream
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.tcp import Outcome
from kbview.emulator.protocol.tcp.wire import frame_of
from kbview.packet.frame import Frame
from kbview.packet.tcp import FIN
from kbview.tape.events import Copied, SocketDequeued, SocketQueued, TcpStateChanged
from kbview.tape.meter import SocketMeter

TCP = "tcp"
SOCKET_CLOSE = "SOCKET_CLOSE"


class Streams(ABC):
    """`held`: frames whose text lies in rings, in order or not, and was not read yet."""

    def __init__(self, machine: Machine, core: Core, events: EventQueue) -> None:
        self.held = 0
        self.machine = machine
        self.core = core
        self.events = events
        self.recorder = machine.recorder
        self._meters = machine.meters
        self._copy_in = machine.prices.step("mtcp_copy_in")

    # ---- who knows the order ---------------------------------------------------------------

    @abstractmethod
    def receive(self, frame: Frame) -> None:
        """A sound frame with a segment has come."""

    @property
    @abstractmethod
    def due_ps(self) -> int:
        """When a timer wants to expire; NEVER_PS if none does."""

    @abstractmethod
    def expire(self) -> None:
        """Do all that is due by the core's time."""

    @abstractmethod
    def abandon(self) -> None:
        """The threads are gone: nobody will read what is left."""

    def meters(self) -> dict[str, SocketMeter]:
        """Streams for a panel, if they are known by name."""
        return {}

    # ---- what becomes of a frame -----------------------------------------------------------

    def end(self, frame: Frame, outcome: Outcome) -> None:
        """A frame's journey ends in TCP unless its text goes into a ring, for which it is copied."""
        if outcome.reason:
            self.drop(frame, outcome.reason)
        elif outcome.held:
            self.held += 1
            self._copy(frame, frame.payload)
        elif outcome.delivered and outcome.delivered[0].length:
            self._copy(frame, outcome.delivered[0].length)
        else:
            self.machine.deliver(self.core, frame, TCP)

    def drop(self, frame: Frame, reason: str) -> None:
        """TCP does not want it."""
        self.machine.drop(self.core, frame, TCP, reason)

    def discard(self, outcome: Outcome) -> None:
        """What had been kept beyond a gap is not wanted after all."""
        for segment, reason in outcome.discarded:
            self.held -= 1
            self.drop(frame_of(segment), reason)

    def deliver(self, stream: Stream, outcome: Outcome, just: Frame | None) -> int:
        """Text that is in order now is the application's; returns bytes for one who has closed.

        `just` is the frame that has just come, if any; the others were kept.
        """
        late = 0
        for segment in outcome.delivered:
            frame = frame_of(segment)
            self.held -= frame is not just
            stream.eof = stream.eof or bool(segment.flags & FIN)
            if not segment.length:
                if frame is not just:
                    self.machine.deliver(self.core, frame, TCP)
            elif stream.closing:
                late += segment.length
                self.drop(frame, SOCKET_CLOSE)
            else:
                self._put(stream, frame, segment.length)
        stream.error = stream.error or outcome.error
        return late

    def _put(self, stream: Stream, frame: Frame, length: int) -> None:
        core = self.core
        if stream.queued + length > stream.rcvbuf:  # only who keeps to no window
            self.drop(frame, "TCP_ZEROWINDOW")
            return
        self.held += 1
        stream.put(frame, length, core.now_ps)
        if self.recorder.steps:
            now_ps, cpu, packet = core.now_ps, core.number, frame.packet
            self.recorder.emit(
                SocketQueued(now_ps, cpu, packet, stream.name, stream.queued, stream.rcvbuf)
            )

    def _copy(self, frame: Frame, length: int) -> None:
        core, meters = self.core, self._meters
        core.spend_copying(self._copy_in, length, frame.packet)
        meters.copies += 1
        meters.copied_bytes += length
        if self.recorder.steps:
            self.recorder.emit(Copied(core.now_ps, core.number, frame.packet, "to_ring", length))

    def taken(self, stream: Stream, frame: Frame) -> None:
        """The application has read a frame's text."""
        self.held -= 1
        if self.recorder.steps:
            now_ps, cpu = self.core.now_ps, self.core.number
            self.recorder.emit(SocketDequeued(now_ps, cpu, frame.packet, stream.name, stream.queued))

    def leave(self, stream: Stream) -> None:
        """Nobody will read what lies in a ring."""
        for received in stream.received:
            self.held -= 1
            self.drop(received.frame, SOCKET_CLOSE)
        stream.received.clear()
        stream.queued = 0

    def tell_states(self, name: str, outcome: Outcome) -> None:
        """A connection goes from state to state."""
        if outcome.changes and self.recorder.steps:
            for before, after in outcome.changes:
                now_ps, cpu = self.core.now_ps, self.core.number
                self.recorder.emit(TcpStateChanged(now_ps, cpu, name, before, after))
