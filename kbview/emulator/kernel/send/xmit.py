"""The transmit path below IP: queueing discipline, driver, transmit ring.

    dev_queue_xmit --> ring has room? --> ndo_start_xmit --> doorbell
                            | no
                            v
                       qdisc, txqueuelen frames; a full qdisc drops the frame

    NAPI poll: clean sent frames, free the sk_buffs, wake the queue: the qdisc fills the ring again

Linux: net/core/dev.c __dev_queue_xmit(), net/sched/sch_generic.c pfifo, drivers' xmit and clean_tx.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.kernel.skb import SharedSkb, SkbCache
from kbview.emulator.keys import MOST, Keys, number
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_QDISC = Place.QDISC

QDISC_DROP = DropReason.QDISC_DROP


@dataclass(frozen=True, kw_only=True)
class QdiscSettings(Keys):
    """Settings of the queueing discipline."""

    txqueuelen: Annotated[
        int, number("frames that the queueing discipline holds", "frames", ge=1, le=MOST)
    ] = 1000


class TxQueue:
    """One transmit queue of the device: a FIFO before its ring.

    `woken` are called after the driver has cleaned the ring: netif_tx_wake_queue().
    """

    def __init__(self, machine: Machine, ring: TxRing, skbs: SkbCache, txqueuelen: int) -> None:
        self.ring = ring
        self._books = machine.books
        self.skbs = skbs
        self.woken: list[Callable[[Core], None]] = []
        self._shared = 0  # slots of the ring that stand for an sk_buff together with others
        self._qdisc: deque[tuple[Frame, bool]] = deque()
        self._txqueuelen = txqueuelen
        prices = machine.prices
        self._start_xmit = prices.step("ndo_start_xmit")
        self._doorbell = prices.step("doorbell")
        self._clean = prices.sequence("tx_clean", "napi_consume_skb")
        self._clean_slot = prices.step("tx_clean")

    @property
    def held(self) -> int:
        """Forwarded frames in the qdisc."""
        return sum(passed_on for _, passed_on in self._qdisc)

    @property
    def waiting(self) -> int:
        """The number of frames in the qdisc."""
        return len(self._qdisc)

    @property
    def buffers(self) -> int:
        """sk_buffs in the qdisc and in the ring, except sk_buffs that several slots share."""
        return len(self._qdisc) + self.ring.used - self._shared

    def xmit(self, core: Core, frame: Frame, *, passed_on: bool) -> bool:
        """Send a frame after the step dev_queue_xmit; False if the qdisc was full and dropped it.

        Cores share rings, so the caller yields before if its core is past its horizon.
        """
        if self.ring.free and not self._qdisc:
            self._start(core, frame, passed_on)
            self._ring_doorbell(core)
            return True
        if len(self._qdisc) >= self._txqueuelen:
            self._books.give_up(core, frame, _QDISC, QDISC_DROP, passed_on)
            self.skbs.free(core, frame)
            return False
        self._qdisc.append((frame, passed_on))
        return True

    def start_burst(self, core: Core, frames: list[Frame]) -> None:
        """Give the driver frames of one sk_buff, past the qdisc; the ring has room for them.

        All frames but the last have xmit_more set, so the doorbell is rung once.
        """
        self._shared += len(frames)
        for frame in frames:
            self._start(core, frame, passed_on=False)
        self._ring_doorbell(core)

    def clean(self, core: Core) -> None:
        """In the poll: free the sk_buffs of sent frames, then send from the qdisc."""
        done = self.ring.clean(core.now_ps, self.ring.size)
        for gone in done:
            if type(gone.frame.inner) is SharedSkb:
                self._shared -= 1
                core.spend(self._clean_slot, gone.frame.packet)
                self.skbs.free_shared(core, gone.frame.inner, sent=True)
                continue
            core.spend(self._clean, gone.frame.packet)
            self.skbs.freed(core, gone.frame)
        if done:
            for wake in self.woken:
                wake(core)
        if self._qdisc and self.ring.free:
            while self._qdisc and self.ring.free:
                self._start(core, *self._qdisc.popleft())
            self._ring_doorbell(core)

    def _start(self, core: Core, frame: Frame, passed_on: bool) -> None:
        core.spend(self._start_xmit, frame.packet)
        self.ring.post(core, frame, passed_on=passed_on)

    def _ring_doorbell(self, core: Core) -> None:
        self.ring.doorbell(core)
        core.spend(self._doorbell)


class TxQueues:
    """The transmit queues; each core has its own, by transmit packet steering (XPS)."""

    def __init__(self, queues: list[TxQueue]) -> None:
        self.queues = queues

    def of(self, core: Core) -> TxQueue:
        """The queue that a core sends through."""
        return self.queues[core.number % len(self.queues)]

    @property
    def waiting(self) -> bool:
        """Whether a frame waits in a qdisc."""
        return any(queue.waiting for queue in self.queues)

    @property
    def held(self) -> int:
        """Forwarded frames in the qdiscs."""
        return sum(queue.held for queue in self.queues)

    @property
    def buffers(self) -> int:
        """sk_buffs in the qdiscs and rings."""
        return sum(queue.buffers for queue in self.queues)


class Forwarder:
    """The taker of packets for other hosts: ip_forward, ip_output, dev_queue_xmit. It pays no steps."""

    steps: tuple[str, ...] = ("ip_forward", "ip_output", "dev_queue_xmit")

    def __init__(self, queues: TxQueues) -> None:
        self._queues = queues

    def receive(self, core: Core, frame: Frame) -> None:
        """Forward a packet."""
        self._queues.of(core).xmit(core, frame, passed_on=True)


def plain_queues(
    machine: Machine, settings: QdiscSettings, skbs: SkbCache, rings: list[TxRing]
) -> TxQueues:
    """A queue of `txqueuelen` frames before each ring."""
    return TxQueues([TxQueue(machine, ring, skbs, settings.txqueuelen) for ring in rings])
