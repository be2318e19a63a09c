"""Events past the kernel: netmap, the engine of PacketShader, mTCP."""

from kbview.tape.event import Event, Meaning
from kbview.tape.meter import Meters
from kbview.tape.vocabulary import RingKind


class RingSynced(Event):
    """A netmap ring was brought up to date by the kernel: `work` slots changed hands. `direction`
    is "rx" or "tx"."""

    cpu: int
    queue: int
    direction: str
    work: int

    places = ("sync",)
    meaning = Meaning(
        "netmap_rxsync(), netmap_txsync()", "Kernel and user agree on the owner of each slot."
    )

    def change(self, meters: Meters) -> None:
        if self.direction == "rx":
            meters.polls += 1
            meters.empty_polls += self.work == 0


class ChunkMoved(Event):
    """PacketShader's engine copied `work` packets, at most `budget`, between a queue's huge buffer and
    the chunk of the thread that asked. `direction` is "rx" or "tx"."""

    cpu: int
    queue: int
    direction: str
    work: int
    budget: int

    places = ("copy",)
    meaning = Meaning(
        "ioctl()",
        "A chunk of packets crossed between the cells of the huge buffer and the application.",
    )

    def change(self, meters: Meters) -> None:
        if self.direction == "rx":
            meters.polls += 1
            meters.empty_polls += self.work == 0


class BatchHandedOver(Event):
    """`count` entries of a queue between two threads of one core were flushed together.

    `queue` is EVENTS (TCP thread to application) or JOBS (the way back).
    """

    cpu: int
    queue: RingKind
    count: int

    meaning = Meaning("", "The gathered entries go to the other thread all together.")
