"""All streams of one TCP thread: a frame's text goes into the receive ring of its stream.

Copy 1 is made here, when a segment comes. Text beyond a gap is copied into the ring too, at its place,
so the segment's mbuf is free at once. mtcp/src/tcp_in.c ProcessTCPPayload(), RBPut()
"""

from abc import ABC, abstractmethod

from kbview.emulator.datapaths.mtcp.queues import EventQueue
from kbview.emulator.datapaths.mtcp.tcp_stream import TcpStream
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.tcp import Outcome
from kbview.emulator.protocol.tcp.header import frame_of
from kbview.packet.frame import Frame
from kbview.packet.tcp import FIN
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.vocabulary import CopyKind, DropReason, Place

TCP = Place.TCP
SOCKET_CLOSE = DropReason.SOCKET_CLOSE


class StreamTable(ABC):
    """`held` counts frames with unread text in a ring, in order or beyond a gap."""

    def __init__(self, machine: Machine, core: Core) -> None:
        self.held = 0
        self.machine = machine
        self.core = core
        self.events = EventQueue(machine, core)
        self.recorder = machine.recorder
        self.counts = machine.counts
        self._copy_in = machine.prices.step("mtcp_copy_in")

    # ---- TCP's side ------------------------------------------------------------------------

    @abstractmethod
    def receive(self, frame: Frame) -> None:
        """Take in a frame that holds a segment and has no fault."""

    @property
    @abstractmethod
    def due_ps(self) -> int:
        """When the next timer expires; NEVER_PS without one."""

    @abstractmethod
    def expire(self) -> None:
        """Run all timers that are due by the core's time."""

    @abstractmethod
    def abandon(self) -> None:
        """The threads have ended: drop all unread text."""

    # ---- the application's side ------------------------------------------------------------

    @property
    @abstractmethod
    def has_jobs(self) -> bool:
        """Whether the application has left jobs for the TCP thread."""

    @abstractmethod
    def ask(self, stream: TcpStream) -> None:
        """Leave a job for the TCP thread: text to send, or a stream to close."""

    @abstractmethod
    def work(self) -> None:
        """Do all jobs."""

    @abstractmethod
    def read(self, stream: TcpStream, length: int) -> None:
        """The application has read `length` bytes, so the receive window may open."""

    # ---- a panel's side --------------------------------------------------------------------

    def rings(self) -> list[RingMeter]:
        """The queues between the threads."""
        return [self.events.meter()]

    def meters(self) -> dict[str, SocketMeter]:
        """Streams for a panel, by name; empty where streams have no names."""
        return {}

    # ---- a frame's end ---------------------------------------------------------------------

    def end(self, frame: Frame, outcome: Outcome) -> None:
        """Drop the frame, copy its text into a ring, or deliver it to TCP if it has no text."""
        if outcome.reason:
            self.drop(frame, outcome.reason)
        elif outcome.held:
            self.held += 1
            self._copy(frame, frame.payload)
        elif outcome.delivered and outcome.delivered[0].length:
            self._copy(frame, outcome.delivered[0].length)
        else:
            self.machine.books.deliver(self.core, frame, TCP)

    def drop(self, frame: Frame, reason: str) -> None:
        """TCP drops the frame."""
        self.machine.books.drop(self.core, frame, TCP, reason)

    def discard(self, outcome: Outcome) -> None:
        """Drop segments that TCP had stored beyond a gap and has discarded."""
        for segment, reason in outcome.discarded:
            self.held -= 1
            self.drop(frame_of(segment), reason)

    def deliver(self, stream: TcpStream, outcome: Outcome, just: Frame | None) -> int:
        """Give text that is in order now to the stream; returns bytes that came after its close.

        `just` is the frame that has just come, None after a timer; other frames were stored before.
        """
        late = 0
        for segment in outcome.delivered:
            frame = frame_of(segment)
            self.held -= frame is not just
            stream.eof = stream.eof or bool(segment.flags & FIN)
            if not segment.length:
                if frame is not just:
                    self.machine.books.deliver(self.core, frame, TCP)
            elif stream.closing:
                late += segment.length
                self.drop(frame, SOCKET_CLOSE)
            else:
                self._put(stream, frame, segment.length)
        stream.error = stream.error or outcome.error
        return late

    def _put(self, stream: TcpStream, frame: Frame, length: int) -> None:
        core = self.core
        if stream.queued + length > stream.rcvbuf:  # only a peer that ignores the window gets here
            self.drop(frame, DropReason.TCP_ZEROWINDOW)
            return
        self.held += 1
        stream.put(frame, length, core.now_ps)
        self.counts.socket_queued(core, frame.packet, stream.name, stream.queued, stream.rcvbuf)

    def _copy(self, frame: Frame, length: int) -> None:
        self.core.spend_copying(self._copy_in, length, frame.packet)
        self.counts.copied(self.core, frame.packet, CopyKind.TO_RING, length)

    def taken(self, stream: TcpStream, frame: Frame) -> None:
        """The application has read a frame's text."""
        self.held -= 1
        self.counts.socket_dequeued(self.core, frame.packet, stream.name, stream.queued)

    def leave(self, stream: TcpStream) -> None:
        """Drop the unread text of a stream."""
        for received in stream.received:
            self.held -= 1
            self.drop(received.frame, SOCKET_CLOSE)
        stream.received.clear()
        stream.queued = 0

    def tell_states(self, name: str, outcome: Outcome) -> None:
        """Record the state changes of a connection."""
        self.counts.states_changed(self.core, name, outcome.changes)
