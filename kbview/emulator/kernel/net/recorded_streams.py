"""Streams of a capture: the segments of a recorded peer, which do not depend on answers of this host.

The layer delivers each byte once and in order. As in Linux, it drops text that was delivered before,
and holds text beyond a gap in the out-of-order queue. It sends the ACKs that the recorded host sent.
The text of the host and its FIN are an application's. They leave as recorded, and no core pays.
"""

from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.early_demux import EarlyDemux
from kbview.emulator.kernel.net.tcp_output import SegmentSender
from kbview.emulator.kernel.net.timer import Timed, Timers
from kbview.emulator.kernel.skb import Endings, SkbCache, skbs, truesize
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.protocol.tcp import Outcome, recorded_window
from kbview.emulator.protocol.tcp.header import frame_of, segment_of, shortened
from kbview.emulator.protocol.tcp.onlooker import Onlooker
from kbview.emulator.protocol.tcp.replayed_acks import AckQueue, ReplayedAcks
from kbview.emulator.protocol.tcp.segment import Segment
from kbview.packet.frame import Flow, Frame, parts
from kbview.packet.tcp import ACK, FIN, RST, SYN
from kbview.tape.vocabulary import DropReason, Place

_KEPT = 65_536  # flows followed; past that all are begun anew
_USUAL = SYN | FIN | RST | ACK  # of these, text that is under way has ACK alone


class CapturedStream:
    """The stream of one flow into its socket."""

    def __init__(
        self, streams: "CapturedStreams", socket: Socket, flow: Flow, acks: AckQueue | None
    ) -> None:
        self.acks = acks
        self.socket = socket
        self.flow = flow
        self.onlooker = Onlooker()
        self._streams = streams
        self._established = False

    def receive(self, core: Core, frame: Frame) -> Process | None:
        """Take a segment, and send the ACKs that the recorded host sent for its text."""
        self._receive(core, frame)
        acks = self.acks
        due = acks.due(self.onlooker) if acks is not None else None
        return self._streams.acknowledge(core, due) if due else None

    def _receive(self, core: Core, frame: Frame) -> None:
        """Deliver the text of a segment if it is next, else hold it or drop it."""
        onlooker, header = self.onlooker, frame.inner
        if not self._established or frame.tcp_flags & SYN:
            self._established = not frame.tcp_flags & SYN
            self._streams.establish(self.flow, established=self._established)
        if type(header) is bytes and frame.tcp_flags & _USUAL == ACK and not onlooker.order.segments:
            seq = int.from_bytes(header[:4], "big")
            if onlooker.expects(seq):  # the usual case, without a Segment
                onlooker.pass_by(frame.payload)
                self._streams.take(core, self, frame)
                return
        segment = segment_of(frame)
        if segment is None:  # without a sequence number it counts as the next
            onlooker.pass_by(frame.payload)
            self._streams.take(core, self, frame)
        else:
            self._streams.follow(core, self, onlooker.arrive(segment, core.now_ps), frame)


class CapturedStreams(Timed):
    """All streams of a host. `held` counts frames beyond gaps.

    The onlooker of a stream sets the time at which its gap is checked again. `sender` sends the ACKs of
    the recorded host; None where they leave as recorded.
    """

    def __init__(
        self,
        machine: Machine,
        cache: SkbCache,
        timers: Timers,
        demux: EarlyDemux,
        sender: SegmentSender | None,
    ) -> None:
        self.held = 0
        self._kept = 0  # sk_buffs beyond gaps
        self._sender = sender
        self._acks: ReplayedAcks | None = None
        if sender is not None:
            self._acks = ReplayedAcks()
            machine.nic.replay(self._acks.hear)
        self._timers = timers
        self._demux = demux
        self._counts = machine.counts
        self._machine = machine
        self._enqueue = machine.prices.step("socket_enqueue")
        self._endings = Endings(machine, cache, Place.TCP)
        self._streams: dict[Flow, CapturedStream] = {}
        self._gaps: dict[CapturedStream, int] = {}
        self._due_ps = NEVER_PS  # the first of them

    @property
    def buffers(self) -> int:
        """The sk_buffs of frames beyond gaps, and of ACKs not given to the device yet."""
        return self._kept + (self._sender.in_hand if self._sender is not None else 0)

    def of(self, flow: Flow, socket: Socket) -> CapturedStream:
        """The stream of a flow, made at the first call."""
        stream = self._streams.get(flow)
        if stream is None:
            if len(self._streams) >= _KEPT:
                kept = self._gaps
                self._streams = {f: s for f, s in self._streams.items() if s in kept}
            acks = self._acks.of(flow) if self._acks is not None else None
            stream = self._streams[flow] = CapturedStream(self, socket, flow, acks)
        return stream

    def establish(self, flow: Flow, *, established: bool) -> None:
        """A flow has brought a SYN, or something else after it."""
        if established:
            self._demux.learn(flow)
        else:
            self._demux.forget(flow)

    def acknowledge(self, core: Core, acks: list[Frame]) -> Process | None:
        """Send ACKs of the recorded host."""
        return self._sender.replay(core, acks) if self._sender is not None else None

    # ---- a segment -------------------------------------------------------------------------

    def take(self, core: Core, stream: CapturedStream, frame: Frame) -> None:
        """Queue the next text at the socket; a segment without text is consumed by TCP."""
        if frame.payload:
            stream.socket.rcvbuf = recorded_window.opened(stream.socket.rcvbuf, frame.payload)
            core.spend(self._enqueue, frame.packet)
            stream.socket.receive(core, frame)
        else:
            self._endings.consume(core, frame)

    def follow(
        self, core: Core, stream: CapturedStream, outcome: Outcome, frame: Frame | None = None
    ) -> None:
        """Do the work that the onlooker returned for `frame`, or for a timer (None)."""
        if outcome.changes:
            self._counts.states_changed(core, stream.socket.name, outcome.changes)
        if frame is not None:
            self._end(core, outcome, frame)
        for segment, reason in outcome.discarded:
            self._keep(frame_of(segment), -1)
            self._endings.drop(core, frame_of(segment), reason)
        for segment in outcome.delivered:
            self._deliver(core, stream, segment, frame)
        self._note_gap(core, stream)

    def _end(self, core: Core, outcome: Outcome, frame: Frame) -> None:
        if outcome.reason:
            self._endings.drop(core, frame, outcome.reason)
        elif outcome.held:
            self._keep(frame, 1)
        elif not outcome.delivered:
            self._endings.consume(core, frame)

    def _keep(self, frame: Frame, sign: int) -> None:
        self.held += sign * len(parts(frame))
        self._kept += sign * len(skbs(frame))

    def _deliver(
        self, core: Core, stream: CapturedStream, segment: Segment, just: Frame | None
    ) -> None:
        """Deliver text in order; a part of it may have been delivered before."""
        frame = frame_of(segment)
        if frame is not just:
            self._keep(frame, -1)
        if segment.length != frame.payload:
            frame = shortened(frame, segment.length)
        self.take(core, stream, frame)

    # ---- gaps ------------------------------------------------------------------------------

    def _note_gap(self, core: Core, stream: CapturedStream) -> None:
        onlooker, socket = stream.onlooker, stream.socket
        held = onlooker.order.segments
        answer = self._machine.nic.answer_to(stream.flow, core.now_ps) if held else None
        if onlooker.is_acknowledged(answer):
            self.follow(core, stream, onlooker.skip(core.now_ps))
        elif held and socket.queued + (len(held) + 1) * truesize(1) > socket.rcvbuf:
            lost_here = self._machine.books.misses
            self.follow(core, stream, onlooker.prune(core.now_ps, lost_here=lost_here, answer=answer))
        elif self._gaps.get(stream, NEVER_PS) != stream.onlooker.due_ps:
            self._gaps.pop(stream, None)
            if held:
                self._gaps[stream] = stream.onlooker.due_ps
            self._due_ps = min(self._gaps.values(), default=NEVER_PS)
        self._timers.arm(core)

    @property
    def due_ps(self) -> int:
        return self._due_ps

    def expire(self, core: Core) -> Process:
        while self.due_ps <= core.now_ps:
            stream = min(self._gaps, key=self._gaps.__getitem__)
            nic, lost_here = self._machine.nic, self._machine.books.misses
            answer = nic.answer_to(stream.flow, core.now_ps)
            outcome = stream.onlooker.expire(
                core.now_ps, lost_here=lost_here, answer=answer, more=not nic.exhausted
            )
            self.follow(core, stream, outcome)
            if core.now_ps > core.horizon_ps:
                yield

    def abandon(self, core: Core) -> None:
        """Drop all segments beyond gaps: the missing text will not arrive."""
        for stream in list(self._gaps):
            segments = stream.onlooker.order.segments
            for segment in segments:
                self._keep(frame_of(segment), -1)
                self._endings.drop(core, frame_of(segment), DropReason.SOCKET_CLOSE)
            segments.clear()
        self._gaps.clear()
        self._due_ps = NEVER_PS
