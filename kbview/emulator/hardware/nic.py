"""The NIC: checks, RSS, DMA into the queues' rings; and the ring of each queue that transmits.

    wire -> FCS and destination MAC -> RSS -> queue: free descriptor? -> DMA frame, descriptor -> IRQ

The frames on the cable are read a chunk at a time and sorted into the queues, so each queue knows its
arrivals ahead (rxqueue.py). A chunk may hold no frame for some of the queues. So the port is an actor:
when all cores have reached the end of the known arrivals, it loads the next chunk.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.engine import NEVER_PS, Actor
from kbview.emulator.hardware.arrival import Supply
from kbview.emulator.hardware.books import Books
from kbview.emulator.hardware.cable import Wires
from kbview.emulator.hardware.moderation import Moderation
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rss import Rss, RssSettings
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.keys import meaning, number
from kbview.packet.acknowledgements import Acknowledgements, acknowledges_alone
from kbview.packet.frame import Flow, Frame
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import DropReason

ADDRESS_FILTER = DropReason.ADDRESS_FILTER
FCS_ERROR = DropReason.FCS
_FLOWS_KNOWN = 65_536  # verdicts kept
_LINE = 64
_SAMPLED = 31  # of a chunk's frames every so many, no divisor of a mix
_LATEST = 64  # frames that the mean footprint of a closed loop looks back


@dataclass(frozen=True, kw_only=True)
class NicSettings(RssSettings):
    """The port: its link, queues and rings. Defaults are mlx5e's; the FIFO is the 82599's."""

    ring: Annotated[
        int,
        number("descriptors in each receive ring", "descriptors", ge=2, le=65536, power_of_two=True),
    ] = 1024
    tx_ring: Annotated[
        int,
        number("descriptors in each transmit ring", "descriptors", ge=2, le=65536, power_of_two=True),
    ] = 1024
    link_gbps: Annotated[float, number("speed of the link", ge=0.01, le=800)] = 100.0
    nic_fifo_bytes: Annotated[
        int, number("memory in the NIC for frames that wait for the bus", ge=16_384, le=1 << 30)
    ] = 524_288
    nic_latency_ns: Annotated[
        float, number("time of a frame in the NIC itself, in each direction", "ns", ge=0, le=100_000)
    ] = 0.0
    cqe_compression: Annotated[
        bool | None,
        meaning("whether the NIC writes several completions at once; unset: as the driver does"),
    ] = None


def _lines(frame: Frame) -> int:
    """Cache lines that a frame and its completion are written to, bytes."""
    return -(-frame.length // _LINE) * _LINE + _LINE


class Port:
    """The two sides of a NIC: the traffic of its cable, and the addresses of the host behind it.

    `traffic` yields all frames on the cable in order, a chunk at a time. `sent_by_us` says whether this
    host sent a flow; of the other flows, flows to `own_macs` and to groups pass the filter.
    """

    def __init__(
        self,
        traffic: Iterator[list[Frame]],
        own_macs: frozenset[bytes],
        sent_by_us: Callable[[Flow], bool],
    ) -> None:
        self.traffic = traffic
        self._own_macs = own_macs
        self.sent_by_us = sent_by_us
        self.acknowledgements = Acknowledgements()
        self._accepted: set[Flow] = set()
        self.known = 0  # flows that passed the filter, in traffic of which the arrivals are known

    def sort(self, chunk: list[Frame], aside: list[Frame]) -> list[Frame]:
        """Return the frames for this host; put sent and refused frames into `aside`."""
        if len(self._accepted) > _FLOWS_KNOWN:
            self._accepted.clear()
        new = {frame.flow for frame in chunk} - self._accepted
        before = len(self._accepted)
        self._accepted.update(flow for flow in new if self.accepts(flow))
        self.known += len(self._accepted) - before
        if new <= self._accepted and not any(frame.fault for frame in chunk):
            return chunk
        mine: list[Frame] = []
        for frame in chunk:
            ours = frame.flow in self._accepted and frame.fault != FCS_ERROR
            (mine if ours else aside).append(frame)
        return mine

    def accepts(self, flow: Flow) -> bool:
        """Whether its frames pass the filter."""
        if self.sent_by_us(flow):
            return False
        to = flow.destination_mac
        return to in self._own_macs or bool(to[0] & 1)


class Nic(Actor, Supply):
    """A port with the receive queues of `rss`. It is an actor: see above."""

    def __init__(
        self,
        port: Port,
        rss: Rss,
        moderation: Moderation,
        wires: Wires,
        books: Books,
    ) -> None:
        self.moderation = moderation
        self.link = wires.link
        self.bus = wires.bus
        self.rss = rss
        self.queues = [RxQueue(number, self, moderation, books) for number in range(rss.queues)]
        self.exhausted = False
        self.opened_ps = 0  # frames for a closed NIC waited on the wire until then
        self.loaded_ps = -1  # up to when every arrival is known
        self.due_ps = NEVER_PS
        self.footprint = 0.0  # of a frame in the cache, the mean of the latest, bytes
        self.port = port
        self._books = books
        self._aside: list[Frame] = []  # sent by us, or refused
        self._next_aside = 0
        self._loading = False
        self._passed_ps = 0  # when the last of them passed
        self._replays: Callable[[Frame], bool] | None = None
        self._replayed: set[int] = set()  # packets that a datapath sends itself

    def open(self, rings: Sequence[RxRing], tx_rings: Sequence[TxRing] = ()) -> None:
        """A driver gives each queue its rings and lets traffic in."""
        for queue, ring in zip(self.queues, rings, strict=True):
            tx = tx_rings[queue.number] if tx_rings else None
            queue.open(ring, tx)
            if tx is not None:
                tx.changed = queue.look_again
        if self.loaded_ps < 0:
            self.load(-1)
        self._set_due()

    def pause(self) -> None:
        """Let nothing in; frames wait on the wire's side until the next `open`."""
        for queue in self.queues:
            queue.close()
        self.due_ps = NEVER_PS
        self._replays = None

    # ---- arrivals --------------------------------------------------------------------------

    def load(self, now_ps: int) -> None:
        """Fetch chunks until a chunk has a frame for this host, or the traffic ends."""
        if self._loading:  # a queue asks again while it is told of more
            return
        self._loading = True
        mine: list[Frame] = []
        self.pass_aside(now_ps)
        known = len(self._aside)
        while not mine and (chunk := next(self.port.traffic, None)) is not None:
            mine = self.port.sort(chunk, self._aside)
        self._offer(known)
        self.exhausted = not mine
        self.loaded_ps = mine[-1].arrived_ps if mine else NEVER_PS
        self.bus.expect(mine)
        if mine:
            self.footprint = sum(map(_lines, mine[::_SAMPLED])) / len(mine[::_SAMPLED])
        for queue, frames in zip(self.queues, self.rss.spread(mine), strict=True):
            if frames:
                queue.extend(frames)
                queue.look_again()
        self._loading = False
        if self.due_ps < NEVER_PS:
            self._set_due()

    def inject(self, frame: Frame) -> None:
        """A frame of a closed loop will arrive at its `arrived_ps`."""
        self.footprint += (_lines(frame) - self.footprint) / _LATEST
        self.queues[self.rss.queue_of(frame.flow)].inject(frame)

    def run(self, horizon_ps: int) -> None:
        """All cores have reached the end of the known arrivals: load more."""
        del horizon_ps
        self.load(self.due_ps)

    def _set_due(self) -> None:
        """A single queue asks for more itself as soon as it knows nothing."""
        self.due_ps = self.loaded_ps if len(self.queues) > 1 else NEVER_PS

    def send_until(self, now_ps: int) -> None:
        """Book the frames that have left by `now_ps`."""
        for queue in self.queues:
            if queue.tx is not None:
                queue.tx.catch_up(now_ps)

    def settle(self, now_ps: int) -> None:
        """Bring all queues and rings up to a time, so that the books can be read."""
        for queue in self.queues:
            queue.catch_up(now_ps)
        self.send_until(now_ps)
        if self._aside and self.opened:
            self.pass_aside(now_ps)

    @property
    def opened(self) -> bool:
        """Whether it lets traffic in."""
        return self.queues[0].opened

    @property
    def end_ps(self) -> int | None:
        """When the last frame passes that takes no descriptor; None while others are to come."""
        if not self.exhausted or any(queue.waiting for queue in self.queues):
            return None
        return self._aside[-1].arrived_ps if self._aside else self._passed_ps

    def held(self) -> int:
        """Frames in the receive rings, and frames passed on that have not left yet."""
        return sum(
            len(queue.ring.frames) + (queue.tx.passing_on if queue.tx is not None else 0)
            for queue in self.queues
        )

    @property
    def idle(self) -> bool:
        """Whether nothing is on its way out."""
        return all(queue.tx is None or queue.tx.idle for queue in self.queues)

    def meters(self) -> list[RingMeter]:
        """The meters of its receive rings, then of its transmit rings."""
        receive = [queue.ring.meter(queue.masked) for queue in self.queues]
        return [*receive, *(queue.tx.meter() for queue in self.queues if queue.tx is not None)]

    # ---- frames that take no descriptor ----------------------------------------------------

    def pass_aside(self, now_ps: int) -> None:
        """Book the refused frames and the frames that a capture's host sent, up to `now_ps`."""
        aside = self._aside
        while self._next_aside < len(aside) and aside[self._next_aside].arrived_ps <= now_ps:
            self._passed_ps = aside[self._next_aside].arrived_ps
            self._account_aside(aside[self._next_aside])
            self._next_aside += 1
        if self._next_aside and self._next_aside == len(aside):
            aside.clear()
            self._next_aside = 0

    def answer_to(self, flow: Flow, now_ps: int) -> int | None:
        """How far the recorded host has acknowledged a flow by now; None without any answer."""
        self.pass_aside(now_ps)
        return self.port.acknowledgements.to(flow)

    @property
    def records_acks(self) -> bool:
        """Whether ACKs of the recorded host are to come, of those that are known."""
        return any(self.port.sent_by_us(frame.flow) for frame in self._acks(0))

    def replay(self, taker: Callable[[Frame], bool]) -> None:
        """Offer ACKs of the recorded host to `taker`, as soon as they are known, until `pause`.

        A frame for which it returns True is left to it: the datapath sends the frame itself.
        """
        self._replays = taker
        self._offer(0)

    def _acks(self, start: int) -> Iterator[Frame]:
        return filter(acknowledges_alone, self._aside[max(start, self._next_aside) :])

    def _offer(self, start: int) -> None:
        taker = self._replays
        if taker is None:
            return
        for frame in self._acks(start):
            if frame.packet not in self._replayed and self.port.sent_by_us(frame.flow) and taker(frame):
                self._replayed.add(frame.packet)

    def _account_aside(self, frame: Frame) -> None:
        time_ps = max(frame.arrived_ps, self.opened_ps)
        if self.port.sent_by_us(frame.flow):
            self.port.acknowledgements.hear(frame)
            if frame.packet in self._replayed:
                self._replayed.remove(frame.packet)
            else:
                self._books.sent(time_ps, 0, frame, passed_on=False)
            return
        reason = FCS_ERROR if frame.fault == FCS_ERROR else ADDRESS_FILTER
        self._books.refused(time_ps, frame, reason)
