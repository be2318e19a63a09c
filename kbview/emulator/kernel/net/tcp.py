"""TCP in the kernel: the protocol decides on a segment; the kernel queues, wakes, frees and answers.

    tcp_v4_rcv --> protocol/tcp --> receive queue, wake --> ACK, and data that the window admits
                       ^
                   timer softirq: retransmit, probe, delayed ACK

Linux: net/ipv4/tcp_ipv4.c, tcp_input.c, tcp_output.c
"""

from kbview.emulator.engine import Process
from kbview.emulator.hardware.contention import Lock
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.early_demux import EarlyDemux
from kbview.emulator.kernel.net.listen import Listening
from kbview.emulator.kernel.net.tcp_output import SegmentSender, connection_name
from kbview.emulator.kernel.net.timer import Timed, Timers
from kbview.emulator.kernel.skb import Endings, SkbCache, skbs
from kbview.emulator.kernel.socket.stream import StreamSocket
from kbview.emulator.protocol.tcp import Outcome, Parameters
from kbview.emulator.protocol.tcp.endpoint import LISTEN_OVERFLOW, ConnectionEntry, TcpEndpoint
from kbview.emulator.protocol.tcp.header import frame_of, segment_of
from kbview.emulator.protocol.tcp.parameters import TcpSettings
from kbview.emulator.protocol.tcp.state import OVER
from kbview.packet.frame import Frame, parts
from kbview.packet.tcp import FIN
from kbview.tape.vocabulary import DropReason, Place

QUICK_ACKS = 16  # TCP_MAX_QUICKACKS
ABORT_ON_DATA = DropReason.TCP_ABORT_ON_DATA
NO_MEMORY = DropReason.PROTO_MEM
SOCKET_CLOSE = DropReason.SOCKET_CLOSE


class TcpLayer(Timed):
    """The TCP layer of the host.

    `queued` counts frames in receive and out-of-order queues, `skbs` their sk_buffs. `copied` counts
    frames that a call in progress has copied. `unacknowledged` counts sk_buffs in send queues, `text`
    the bytes in receive queues.
    """

    def __init__(
        self,
        machine: Machine,
        listening: Listening,
        cache: SkbCache,
        sender: SegmentSender,
        settings: TcpSettings,
        timers: Timers,
        demux: EarlyDemux,
    ) -> None:
        self.queued = 0
        self.skbs = 0
        self.copied = 0
        self.text = 0
        self.unacknowledged = 0
        self.sender = sender
        self._timers = timers
        self._demux = demux
        self.endpoint = TcpEndpoint(
            Parameters(mss=settings.mss, rcvbuf=settings.tcp_rcvbuf // 2, quick_acks=QUICK_ACKS),
            listening.listener_of,
            secret=1,
        )
        self._counts = machine.counts
        self._listening = listening
        self._cache = cache
        self._endings = Endings(machine, cache, Place.TCP)
        self._expiry = machine.prices.step("tcp_timer")
        self._enqueue = machine.prices.step("socket_enqueue")

    def arm(self, core: Core) -> None:
        """Set the timer interrupt anew, after a change of a connection."""
        self._timers.arm(core)

    @property
    def due_ps(self) -> int:
        return self.endpoint.due_ps

    def expire(self, core: Core) -> Process:
        while (expired := self.endpoint.expire(core.now_ps)) is not None:
            core.spend(self._expiry)
            yield from self.follow(core, *expired)

    @property
    def held(self) -> int:
        """Frames in queues and in calls."""
        return self.queued + self.copied

    @property
    def buffers(self) -> int:
        """sk_buffs in queues, and in segments being sent."""
        return self.skbs + self.unacknowledged + self.sender.in_hand

    def keep(self, frame: Frame) -> None:
        """Count a frame with all its parts into the queues."""
        self.queued += len(parts(frame))
        self.skbs += len(skbs(frame))

    def let_go(self, frame: Frame) -> None:
        """Count a frame with all its parts out of the queues."""
        self.queued -= len(parts(frame))
        self.skbs -= len(skbs(frame))

    # ---- a segment in ----------------------------------------------------------------------

    def receive(self, core: Core, frame: Frame) -> Process:
        """tcp_v4_rcv: process the segment of a frame without fault."""
        segment = segment_of(frame)
        if segment is None:
            raise TypeError(f"frame {frame.packet} brings no segment")
        segment.carrier = frame
        known = self.endpoint.entries.get(frame.flow)
        lock = self._listening.lock_for(frame.flow, segment, known)
        if lock is not None:
            yield from self._take(core, frame, lock)
            known = self.endpoint.entries.get(frame.flow)
        if known is not None and isinstance(known.owner, StreamSocket):
            _make_room(known, known.owner)
        entry, outcome, fresh = self.endpoint.arrive(frame.flow, segment, core.now_ps)
        self._end(core, frame, outcome)
        if lock is not None:
            self._listening.work(core, entry, segment, fresh=fresh)
            lock.release(core)
        if entry is not None:
            yield from self.follow(core, entry, outcome)
        else:
            if outcome.reason == LISTEN_OVERFLOW:
                self._listening.overflowed(frame.flow)
            yield from self.sender.send(core, frame.flow, outcome.segments)
        self._timers.arm(core)

    def _take(self, core: Core, frame: Frame, lock: Lock) -> Process:
        if core.now_ps > core.horizon_ps:
            self.keep(frame)
            yield
            self.let_go(frame)
        lock.take(core)

    def _end(self, core: Core, frame: Frame, outcome: Outcome) -> None:
        """End the journey of a frame, unless its text is queued or delivered."""
        if outcome.reason:
            self._endings.drop(core, frame, outcome.reason)
        elif outcome.held:
            self.keep(frame)
        elif not outcome.delivered or not outcome.delivered[0].length:
            self._endings.consume(core, frame)

    def abandon(self, core: Core) -> None:
        """Drop the frames in all queues: the programs of the host have ended."""
        for entry in self.endpoint.entries.values():
            segments = entry.connection.tcb.receiver.order.segments
            left = [frame_of(segment) for segment in segments]
            segments.clear()
            socket = entry.owner
            if isinstance(socket, StreamSocket):
                left += socket.dequeue_all()
                self._free_sent(core, socket.purge())
            for frame in left:
                self.let_go(frame)
                self._endings.drop(core, frame, SOCKET_CLOSE)
        self.text = 0
        self.endpoint.entries.clear()

    # ---- what came of a segment, a timer or a call -----------------------------------------

    def follow(self, core: Core, entry: ConnectionEntry, outcome: Outcome) -> Process:
        """Queue, free, wake and send as an outcome requires."""
        if outcome.changes:
            self._counts.states_changed(core, connection_name(entry.flow), outcome.changes)
            self._demux.follow(entry.flow, entry.connection.state)
        for segment, reason in outcome.discarded:
            self.let_go(frame_of(segment))
            self._endings.drop(core, frame_of(segment), reason)
        socket = entry.owner
        if isinstance(socket, StreamSocket):
            late = self._deliver(core, socket, outcome)
            self._acknowledge(core, socket, outcome)
            if late:
                yield from self._abort(core, entry)
            if socket.pending:
                socket.table.rouse(core, socket)
        yield from self.sender.send(core, entry.flow, outcome.segments)

    def _deliver(self, core: Core, socket: StreamSocket, outcome: Outcome) -> bool:
        """Put text into the receive queue; True if text came for a closed socket."""
        late = False
        for number, segment in enumerate(outcome.delivered):
            frame = frame_of(segment)
            if number:
                self.let_go(frame)  # the first has just come, the others were held
            socket.eof = socket.eof or bool(segment.flags & FIN)
            if not segment.length:
                if number:
                    self._endings.consume(core, frame)
            elif socket.closed:
                late = True
                self._endings.drop(core, frame, ABORT_ON_DATA)
            else:
                self._queue(core, socket, frame, segment.length)
        socket.error = socket.error or outcome.error
        return late

    def _queue(self, core: Core, socket: StreamSocket, frame: Frame, length: int) -> None:
        core.spend(self._enqueue, frame.packet)
        self.keep(frame)
        socket.enqueue(frame, length, core.now_ps)
        self.text += length
        self._counts.socket_queued(core, frame.packet, socket.name, socket.queued, socket.rcvbuf)

    def _acknowledge(self, core: Core, socket: StreamSocket, outcome: Outcome) -> None:
        """Free acknowledged sk_buffs; at the end of the connection all of them, and the socket."""
        freed = socket.acknowledged(outcome.acknowledged)
        over = socket.entry.connection.state in OVER
        if over:
            freed += socket.purge()
        self._free_sent(core, freed)
        if outcome.acknowledged:
            self._counts.send_acknowledged(core, socket.name, socket.send_queued)
        if over and socket.closed:
            socket.table.remove(socket)

    def _free_sent(self, core: Core, count: int) -> None:
        self.unacknowledged -= count
        for _ in range(count):
            self._cache.free_nameless(core)

    def _abort(self, core: Core, entry: ConnectionEntry) -> Process:
        outcome = entry.connection.abort()
        self.endpoint.settle(entry)
        yield from self.follow(core, entry, outcome)


def _make_room(entry: ConnectionEntry, socket: StreamSocket) -> None:
    """Set the room for text that window and memory allow now."""
    receiver = entry.connection.tcb.receiver
    receiver.refusing = "" if socket.has_memory() else NO_MEMORY
    receiver.room = socket.room
