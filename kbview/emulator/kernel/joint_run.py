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
    are taken. No other actor and no interrupt comes before `until_ps`. `step_ps` is the time of the
    softirq for a frame, and `dma_ps` the time from its arrival to a done descriptor.
    Of two contexts at the same time, the context that ran last goes on.
    """

    def __init__(
        self, socket: Socket, view: InView, now_ps: int, until_ps: int, step_ps: int, dma_ps: int
    ) -> None:
        self.now_ps = now_ps
        self.read_ps = socket.table.reader.now_ps
        self.index = view.start
        self._socket = socket
        self._each = socket.table.rounds[socket.distance]
        self._view = view
        self._until_ps = until_ps
        self._last_ps = until_ps - step_ps
        self._step_ps = step_ps
        self._dma_ps = dma_ps
        self._drop_ps = socket.table.cache.free_ps
        self._most = socket.rcvbuf // SMALLEST
        self._before = len(socket.packets)
        self._touched_ps = NEVER_PS  # when the softirq has last touched the socket
        self._read: list[Frame] = []
        self._ends_ps: list[int] = []  # when the application has each

    def poll(self, stop: int) -> bool:
        """Take frames up to index `stop`; True if the ring is empty, False if the run ends before."""
        (frames, times, _, _), index, waiting = self._view, self.index, len(self._socket.packets)
        packets, flows, each = self._socket.packets, self._socket.flows, self._each
        read, ends_ps, now_ps, read_ps = self._read, self._ends_ps, self.now_ps, self.read_ps
        step_ps, dma_ps, drop_ps, most = self._step_ps, self._dma_ps, self._drop_ps, self._most
        rest_ps, after_ps, payload, take_ps = each.rest_ps, each.after_look_ps, -1, 0
        touched_ps, last_ps, end_by_ps = self._touched_ps, self._last_ps, self._until_ps - rest_ps
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
        self.index, self.now_ps, self.read_ps, self._touched_ps = index, now_ps, read_ps, touched_ps
        return index < stop and times[index] > now_ps - dma_ps

    @property
    def frames(self) -> int:
        """How many frames were taken."""
        return self.index - self._view.start

    def leave(self, counts: WorkCounts, books: Books) -> int:
        """Bring socket, meters and reader up to date; returns how many of the frames were dropped."""
        socket, read = self._socket, self._read
        queued = len(socket.packets) + len(read) - self._before
        dropped = self.frames - queued
        counts.allocated_run(self.frames)
        if dropped:
            books.drop_run(dropped, _SOCKET, _SOCKET_RCVBUFF)
        socket.queued = len(socket.packets) * SMALLEST
        socket.received += queued
        socket.drops += dropped
        socket.last_ps = socket.packets[-1][2]
        if read:
            self._leave_reader(socket.table.reader, counts)
            books.deliver_run(read, self._ends_ps)
        return dropped

    def _leave_reader(self, reader: Core, counts: WorkCounts) -> None:
        each = self._each
        extra_ps = self.read_ps - reader.now_ps - len(self._read) * each.cost_ps
        each.book(reader, counts, self._read, extra_ps)
        reader.now_ps = self.read_ps
        reader.compute_due()
