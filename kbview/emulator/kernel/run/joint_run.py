"""A joint run: softirq and reader of a socket in one loop.

    softirq, a core    --queue----queue--------drop--queue-->      now_ps: between two frames
                          |         |                  |
    receive queue      ===o=========o==================o===        full: softirq drops
                                |        |                         empty: the reader would sleep
    reader, another    ---------take-----take--------------->      read_ps: of its next look

In overload the buffer is nearly full all the time, and each drop depends on the read just before. So
runs of softirq or reader alone (runs.py) end after few datagrams. While both touch nothing else, their
times follow from the arrivals, the costs and the room in the buffer.
"""

from kbview.emulator.cost import Step
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.arrival import InView
from kbview.emulator.hardware.books import Books
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.kernel.skb import RX_BUFFER, SMALLEST
from kbview.emulator.kernel.socket.socket import Socket
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place

# Enum members: a look-up in the class costs more than a call.
_SOCKET_RCVBUFF = DropReason.SOCKET_RCVBUFF
_SOCKET = Place.SOCKET
_TWO = 2  # packets: the reader takes one, and does not sleep at its next look


class JointRun:
    """The two clocks of a run, from `now_ps` on, and the outcome so far.

    The reader has given way in its reading call at `read_ps`, and is left there. Frames up to `index`
    are taken. No other actor and no interrupt comes while the clocks are within `until_ps`. `step` is
    the softirq's for a frame, and `dma_ps` the time from its arrival to a done descriptor.
    Of two contexts at the same time, the context that ran last goes on.
    """

    def __init__(
        self, socket: Socket, view: InView, now_ps: int, until_ps: int, step: Step, dma_ps: int
    ) -> None:
        self.now_ps = now_ps
        self.until_ps = until_ps - socket.table.cache.free_ps
        self.read_ps = socket.table.reader.now_ps
        self.index = view.start
        self._socket = socket
        self._each = socket.table.rounds[socket.distance]
        self.view = view
        self._step = step
        self._last_ps = self.until_ps - step.cost_ps
        self._dma_ps = dma_ps
        self._drop_ps = socket.table.cache.free_ps
        self._most = socket.rcvbuf // SMALLEST
        self._before = len(socket.packets)
        self.touched_ps = NEVER_PS  # when the softirq had its last turn or touched the socket
        self._read: list[Frame] = []
        self._ends_ps: list[int] = []  # when the application has each

    def poll(self, stop: int) -> bool:
        """Take frames up to index `stop`; True if the ring is empty, False if the run ends before."""
        (frames, times, _, _), index, waiting = self.view, self.index, len(self._socket.packets)
        packets, flows, each = self._socket.packets, self._socket.flows, self._each
        read, ends_ps, now_ps, read_ps = self._read, self._ends_ps, self.now_ps, self.read_ps
        step_ps, dma_ps, drop_ps, most = self._step.cost_ps, self._dma_ps, self._drop_ps, self._most
        rest_ps, after_ps, payload, take_ps = each.rest_ps, each.after_look_ps, -1, 0
        touched_ps, last_ps, end_by_ps = self.touched_ps, self._last_ps, self.until_ps - rest_ps
        while index < stop and times[index] <= now_ps - dma_ps and now_ps <= last_ps:
            frame, next_ps = frames[index], now_ps + step_ps
            if frame.flow not in flows or frame.fault or frame.length > RX_BUFFER:
                break
            while read_ps <= next_ps:
                first = packets[0][0]
                if first.payload != payload:
                    payload, take_ps = first.payload, each.take_with_ps(first.payload)
                end_ps = read_ps + take_ps
                if waiting < _TWO or end_ps > end_by_ps or read_ps == next_ps <= touched_ps + after_ps:
                    break
                read.append(packets.popleft()[0])
                ends_ps.append(end_ps)
                waiting, read_ps = waiting - 1, end_ps + rest_ps
            if read_ps <= next_ps:
                break
            if waiting < most:
                packets.append((frame, SMALLEST, next_ps))
                waiting, now_ps = waiting + 1, next_ps
            else:
                now_ps = next_ps + drop_ps
            touched_ps, index = next_ps, index + 1
        self.index, self.now_ps, self.read_ps, self.touched_ps = index, now_ps, read_ps, touched_ps
        return index < stop and times[index] > now_ps - dma_ps

    @property
    def stop(self) -> int:
        """The index behind the last frame in view."""
        return self.view.stop

    @property
    def slowest_ps(self) -> int:
        """The longest time that the softirq needs for a frame: for a dropped frame."""
        return self._step.cost_ps + self._drop_ps

    @property
    def frames(self) -> int:
        """How many frames were taken."""
        return self.index - self.view.start

    def leave(self, core: Core, counts: WorkCounts, books: Books) -> None:
        """Bring socket, meters and reader up to date, and book the work on the frames to `core`."""
        socket, read, frames = self._socket, self._read, self.frames
        queued = len(socket.packets) + len(read) - self._before
        counts.allocated_run(frames)
        core.spend_run(self._step, frames)
        if frames > queued:
            books.drop_run(frames - queued, _SOCKET, _SOCKET_RCVBUFF)
            socket.table.cache.free_run(core, frames - queued)
        socket.queued = len(socket.packets) * SMALLEST
        socket.received += queued
        socket.drops += frames - queued
        socket.last_ps = socket.packets[-1][2]
        if read:
            self._leave_reader(socket.table.reader, counts)
            books.deliver_run(read, self._ends_ps)

    def _leave_reader(self, reader: Core, counts: WorkCounts) -> None:
        each = self._each
        extra_ps = self.read_ps - reader.now_ps - len(self._read) * each.cost_ps
        each.book(reader, counts, self._read, extra_ps)
        reader.now_ps = self.read_ps
        reader.compute_due()
