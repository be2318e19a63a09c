"""ACKs of a recorded host that its emulation sends itself, each behind the text that it acknowledges.

    capture --> ACK of the host, known before its time --> waits for its text --> due
                            segment of the peer --> TCP: rcv_nxt ------^

Two kinds of ACK stay with the capture: an ACK that repeats a number (a duplicate, a window update), and
an ACK that becomes known after its text was received. The recorded time of an ACK does not count: a
slower emulation sends the ACK later, and a delayed ACK leaves at once.
"""

from collections import deque

from kbview.emulator.protocol.tcp.header import segment_of
from kbview.emulator.protocol.tcp.onlooker import Onlooker
from kbview.emulator.protocol.tcp.sequence import distance
from kbview.packet.frame import Flow, Frame

_KEPT = 65_536  # connections; past that all are begun anew
_ANOTHER = 1 << 26  # bytes: no window is so wide, so the number is of another connection
_Ends = tuple[str, int, str, int]


class AckQueue:
    """The ACKs of one connection, in the order of the capture, until their text has come."""

    __slots__ = ("_latest", "_onlooker", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Frame]] = deque()
        self._latest: int | None = None  # number of the last ACK that was heard
        self._onlooker: Onlooker | None = None  # None before the peer's first segment

    def hear(self, frame: Frame) -> bool:
        """Take an ACK over; False for a repeated number, and for text that was received before."""
        segment = segment_of(frame)
        if segment is None:
            return False
        latest, self._latest = self._latest, segment.ack
        receiver = self._onlooker
        received = receiver.rcv_nxt if receiver is not None and receiver.known else None
        if _has(latest, segment.ack) or _has(received, segment.ack):
            return False
        self._waiting.append((segment.ack, frame))
        return True

    def due(self, onlooker: Onlooker) -> list[Frame]:
        """Remove and return the ACKs of received text, in order; discard another connection's."""
        self._onlooker = onlooker
        waiting, due = self._waiting, []
        while waiting:
            ahead = distance(waiting[0][0], onlooker.rcv_nxt)
            if -_ANOTHER < ahead < 0:
                break
            frame = waiting.popleft()[1]
            if 0 <= ahead < _ANOTHER:
                due.append(frame)
        return due


class ReplayedAcks:
    """The ACKs of all connections of a recorded host."""

    def __init__(self) -> None:
        self._queues: dict[_Ends, AckQueue] = {}

    def hear(self, frame: Frame) -> bool:
        """Take over an ACK that the host will have sent; False if it stays the capture's."""
        flow = frame.flow
        ends = flow.destination, flow.destination_port, flow.source, flow.source_port
        return self._of(ends).hear(frame)

    def of(self, flow: Flow) -> AckQueue:
        """The ACKs that answer the segments of a flow."""
        return self._of((flow.source, flow.source_port, flow.destination, flow.destination_port))

    def _of(self, ends: _Ends) -> AckQueue:
        queue = self._queues.get(ends)
        if queue is None:
            if len(self._queues) >= _KEPT:
                self._queues.clear()
            queue = self._queues[ends] = AckQueue()
        return queue


def _has(received: int | None, number: int) -> bool:
    """Whether a receiver at `received` is at `number` already; False where it is not known."""
    return received is not None and 0 <= distance(number, received) < _ANOTHER
