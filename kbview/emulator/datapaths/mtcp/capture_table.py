"""Streams of a capture on mTCP: the recorded peer does not hear this host's answers.

The ACKs that the recorded host sent are written and sent in the round of their text.
Text in order goes into the ring; text beyond a gap is stored at its place there. A gap that the capture
does not fill is given up after a while (protocol/tcp/onlooker.py).
"""

from collections.abc import Callable

from kbview.emulator.application import Application
from kbview.emulator.datapaths.mtcp.io_module import MtcpSettings
from kbview.emulator.datapaths.mtcp.stream_table import StreamTable
from kbview.emulator.datapaths.mtcp.tcp_stream import TcpStream, name_of
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.tcp import Outcome, recorded_window
from kbview.emulator.protocol.tcp.header import frame_of, segment_of
from kbview.emulator.protocol.tcp.onlooker import Onlooker
from kbview.emulator.protocol.tcp.replayed_acks import AckQueue, ReplayedAcks
from kbview.emulator.protocol.tcp.segment import Segment
from kbview.packet.frame import Flow, Frame
from kbview.tape.events import NO_PACKET
from kbview.tape.vocabulary import DropReason

_KEPT = 65_536  # flows followed; past that, a flow without a gap or unread text is forgotten


class FollowedFlow:
    """The stream of a flow, and how far its text has come. `acks` answer it."""

    def __init__(self, stream: TcpStream, flow: Flow, acks: AckQueue) -> None:
        self.acks = acks
        self.stream = stream
        self.flow = flow
        self.onlooker = Onlooker()


class CaptureTable(StreamTable):
    """All streams. Gaps are given up in the order they came. There are no jobs.

    `acks` are the ACKs of the recorded host, and `send` sends the ACKs that are due.
    """

    has_jobs = False

    def __init__(
        self,
        machine: Machine,
        core: Core,
        send: Callable[[list[Frame]], None],
        acks: ReplayedAcks,
        app: Application,
        settings: MtcpSettings,
    ) -> None:
        super().__init__(machine, core)
        self._send = send
        self._acks = acks
        self._app = app
        self._settings = settings
        self._followed: dict[Flow, FollowedFlow] = {}
        self._gaps: dict[FollowedFlow, int] = {}

    def _of(self, flow: Flow) -> FollowedFlow:
        found = self._followed.get(flow)
        if found is None:
            if len(self._followed) >= _KEPT:
                self._forget_idle()
            settings = self._settings
            stream = TcpStream(name_of(flow), None, settings.tcp_rcvbuf, settings.tcp_sndbuf)
            stream.session = self._app.session(settings)
            found = self._followed[flow] = FollowedFlow(stream, flow, self._acks.of(flow))
        return found

    def _forget_idle(self) -> None:
        self._followed = {
            flow: each
            for flow, each in self._followed.items()
            if each in self._gaps or each.stream.received
        }

    # ---- a segment -------------------------------------------------------------------------

    def receive(self, frame: Frame) -> None:
        if frame.flow.destination_port in self._settings.closed_ports:
            self.drop(frame, DropReason.NO_SOCKET)
            return
        followed = self._of(frame.flow)
        stream, segment = followed.stream, segment_of(frame)
        stream.rcvbuf = recorded_window.opened(stream.rcvbuf, frame.payload)
        if segment is None:  # without a sequence number it counts as next
            followed.onlooker.pass_by(frame.payload)
            outcome = Outcome()
            outcome.delivered.append(Segment(0, length=frame.payload, carrier=frame))
        else:
            outcome = followed.onlooker.arrive(segment, self.core.now_ps)
        self._follow(followed, outcome, frame)
        if acks := followed.acks.due(followed.onlooker):
            self._send(acks)

    def _follow(self, followed: FollowedFlow, outcome: Outcome, frame: Frame | None) -> None:
        stream = followed.stream
        self.tell_states(stream.name, outcome)
        if frame is not None:
            self.end(frame, outcome)
        self.discard(outcome)
        self.deliver(stream, outcome, frame)
        stream.eof = False  # the application cannot close a recorded stream
        if stream.pending:
            self.events.add(stream, frame.packet if frame is not None else NO_PACKET)
        self._look_behind_gap(followed)
        self._note_gap(followed)

    def _look_behind_gap(self, followed: FollowedFlow) -> None:
        """Go on if the recorded host had the missing text, or if the ring has no place to wait."""
        onlooker, now_ps = followed.onlooker, self.core.now_ps
        held = onlooker.order.segments
        if not held:
            return
        answer = self.machine.nic.answer_to(followed.flow, now_ps)
        if onlooker.is_acknowledged(answer):
            self._follow(followed, onlooker.skip(now_ps), None)
        elif sum(segment.length for segment in held) > followed.stream.rcvbuf:
            lost_here = self.machine.books.misses
            outcome = onlooker.prune(now_ps, lost_here=lost_here, answer=answer)
            self._follow(followed, outcome, None)

    # ---- the application's side ------------------------------------------------------------

    def ask(self, stream: TcpStream) -> None:
        """No answer is sent."""

    def work(self) -> None:
        """There are no jobs."""

    def read(self, stream: TcpStream, length: int) -> None:
        """The recorded peer hears no window."""

    # ---- gaps ------------------------------------------------------------------------------

    def _note_gap(self, followed: FollowedFlow) -> None:
        due_ps = followed.onlooker.due_ps
        if due_ps == NEVER_PS:
            self._gaps.pop(followed, None)
        elif self._gaps.get(followed) != due_ps:
            self._gaps.pop(followed, None)
            self._gaps[followed] = due_ps

    @property
    def due_ps(self) -> int:
        return min(self._gaps.values(), default=NEVER_PS)

    def expire(self) -> None:
        while self.due_ps <= self.core.now_ps:
            followed = min(self._gaps, key=self._gaps.__getitem__)
            nic, now_ps, lost_here = self.machine.nic, self.core.now_ps, self.machine.books.misses
            answer = nic.answer_to(followed.flow, now_ps)
            outcome = followed.onlooker.expire(
                now_ps, lost_here=lost_here, answer=answer, more=not nic.exhausted
            )
            self._follow(followed, outcome, None)

    def abandon(self) -> None:
        for followed in self._followed.values():
            for segment in followed.onlooker.order.segments:
                self.held -= 1
                self.drop(frame_of(segment), DropReason.SOCKET_CLOSE)
            followed.onlooker.order.segments.clear()
            self.leave(followed.stream)
        self._followed.clear()
        self._gaps.clear()
