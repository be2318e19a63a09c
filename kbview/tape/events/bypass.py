"""What happens past the kernel and in its own hand-over to user space."""

from kbview.tape.event import Event
from kbview.tape.vocabulary import RingKind


class RingSynced(Event):
    """A netmap ring was brought up to date by the kernel: `work` slots changed hands. `direction`
    is "rx" or "tx"."""

    cpu: int
    queue: int
    direction: str
    work: int


class ChunkMoved(Event):
    """PacketShader's engine copied `work` packets, at most `budget`, between a queue's huge buffer and
    the chunk of the thread that asked. `direction` is "rx" or "tx"."""

    cpu: int
    queue: int
    direction: str
    work: int
    budget: int


class BatchHandedOver(Event):
    """`count` entries of a queue between two threads of one core were flushed together.

    `queue` is its name, such as "events" (TCP thread to application) or "jobs" (the way back).
    """

    cpu: int
    queue: RingKind
    count: int
