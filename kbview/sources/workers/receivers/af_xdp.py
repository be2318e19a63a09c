"""AF_XDP: an XDP program puts the frame into the application's memory; no sk_buff reaches the stack.

On a veth the driver converts the sender's sk_buff before the program runs (see `conversion`).
"""

import select
import time

from kbview.sources.linux.xdp.every_queue import EveryQueue
from kbview.sources.linux.xdp.ring import XskRing
from kbview.sources.linux.xdp.xsk import XskSocket
from kbview.sources.workers.conversion import CONVERTED_COPIES, CONVERTED_SKBS, converts
from kbview.sources.workers.message import Told
from kbview.sources.workers.payload_stamp import FCS, HEADERS, LEAST, STAMP
from kbview.sources.workers.receiver import Ingress, ReceiverWorker
from kbview.sources.workers.sampling import UNKNOWN, Stamp
from kbview.tape import vocabulary as words
from kbview.tape.events import NO_CPU, Copied, FrameRecorded, RingConsumed, RingProduced, XdpRan
from kbview.tape.meter import RingMeter

_BATCH = 64
_WAIT_MS = 10


class AfXdpReceiver(ReceiverWorker):
    """Sleeps in poll() when all rx rings are empty; while frames wait it needs no system call."""

    name = "af_xdp"
    summary = "an AF_XDP socket: XDP program, umem, four rings"

    def open(self, place: Ingress) -> None:
        self._place = place
        self._queues = EveryQueue(place.link, place.queue, place.port)
        self.mode = self._queues.mode
        self.copies_each = 0 if self.mode == "zero-copy" else 1
        self._converted = converts(place.link, self.mode)
        if self._converted:
            self.copies_each, self.skbs_each = CONVERTED_COPIES, CONVERTED_SKBS
        self._poll = select.poll()
        self._alone: dict[int, select.poll] = {}  # by queue: to wake the kernel for its fill ring
        for xsk in self._queues.sockets:
            self._poll.register(xsk, select.POLLIN)
            self._alone[xsk.queue] = select.poll()
            self._alone[xsk.queue].register(xsk, select.POLLIN)

    def receive(self, until_ns: int) -> None:
        while time.monotonic_ns() < until_ns:
            found = False
            for xsk in self._queues.sockets:
                self.polls += 1
                if words := xsk.rx.take(_BATCH):
                    found = True
                    self._deliver(xsk, words)
                else:
                    self.empty_polls += 1
            if not found:
                self.syscalls += 1
                self._poll.poll(_WAIT_MS)

    def _deliver(self, xsk: XskSocket, words: tuple[int, ...]) -> None:
        """Read the frames where they lie, then give their chunks back to the kernel."""
        addresses, lengths = words[0::2], [word & 0xFFFFFFFF for word in words[1::2]]
        stamps = self._stamps(xsk, addresses)
        wire = [max(length + FCS, LEAST) for length in lengths]
        received_ns = time.monotonic_ns()
        self.took(received_ns, stamps, wire, lengths)
        if self.sampling.milestones:
            told = self._copies(received_ns * 1000, stamps, lengths) if self.sampling.steps else []
            self._tell(xsk, received_ns, stamps, wire, told)
        if self.sampling.snap:
            self._record(xsk, received_ns, stamps, addresses, lengths)
        xsk.rx.release(len(addresses))
        xsk.fill.put(addresses)
        if xsk.fill.needs_wakeup:
            self.syscalls += 1
            self._alone[xsk.queue].poll(0)

    def _stamps(self, xsk: XskSocket, addresses: tuple[int, ...]) -> list[Stamp]:
        if self._place.stamped:
            return [STAMP.unpack_from(xsk.umem, at + HEADERS) for at in addresses]
        return [(number, UNKNOWN) for number in range(self.delivered, self.delivered + len(addresses))]

    def _tell(
        self,
        xsk: XskSocket,
        received_ns: int,
        stamps: list[Stamp],
        lengths: list[int],
        copies: list[Told],
    ) -> None:
        sampling, time_ps, count = self.sampling, received_ns * 1000, len(stamps)
        sampling.add(sampling.arrivals(received_ns, stamps, lengths))
        if sampling.steps:
            left = xsk.rx.waiting - count
            sampling.add(copies)
            sampling.add(
                [RingProduced(time_ps, NO_CPU, words.RingKind.XSK_RX, xsk.queue, count, left + count)]
            )
            sampling.add(
                [RingConsumed(time_ps, sampling.cpu, words.RingKind.XSK_RX, xsk.queue, count, left)]
            )
        sampling.add(sampling.deliveries(received_ns, stamps, lengths))
        if sampling.steps:
            filled = xsk.fill.waiting + count
            sampling.add(
                [RingProduced(time_ps, sampling.cpu, words.RingKind.FILL, xsk.queue, count, filled)]
            )

    def _copies(self, time_ps: int, stamps: list[Stamp], lengths: list[int]) -> list[Told]:
        """Of each frame: veth's copy in front of the program, the program, the copy into the umem."""
        told: list[Told] = []
        for (packet, _), length in zip(stamps, lengths, strict=True):
            if self._converted:
                told.append(Copied(time_ps, NO_CPU, packet, words.CopyKind.TO_XDP_BUFF, length))
            told.append(XdpRan(time_ps, NO_CPU, packet, "redirect"))
            if self.copies_each:
                told.append(Copied(time_ps, NO_CPU, packet, words.CopyKind.TO_UMEM, length))
        return told

    def _record(
        self,
        xsk: XskSocket,
        received_ns: int,
        stamps: list[Stamp],
        addresses: tuple[int, ...],
        lengths: list[int],
    ) -> None:
        """The first bytes of each frame."""
        umem, snap = xsk.umem, self.sampling.snap
        self.sampling.add(
            [
                FrameRecorded(
                    received_ns * 1000,
                    packet,
                    max(length + FCS, LEAST),
                    umem[at : at + min(length, snap)],
                )
                for (packet, _), at, length in zip(stamps, addresses, lengths, strict=True)
            ]
        )

    def seen(self) -> int:
        waiting = sum(xsk.rx.waiting for xsk in self._queues.sockets)
        return self.delivered + sum(self.drops().values()) + waiting

    def drops(self) -> dict[str, int]:
        told = [xsk.statistics() for xsk in self._queues.sockets]
        where, why = words.Place.XSK, words.DropReason
        return {
            words.drop_key(where, why.RX_DROPPED): sum(each.rx_dropped for each in told),
            words.drop_key(where, why.RX_RING_FULL): sum(each.rx_ring_full for each in told),
            words.drop_key(where, why.RX_INVALID_DESCS): sum(each.rx_invalid_descs for each in told),
        }

    def rings(self) -> list[RingMeter]:
        rings = ((xsk.queue, ring) for xsk in self._queues.sockets for ring in (xsk.rx, xsk.fill))
        return [_meter(queue, ring) for queue, ring in rings]

    def close(self) -> None:
        self._queues.close()


def _meter(queue: int, ring: XskRing) -> RingMeter:
    return RingMeter(queue, ring.size, done=ring.waiting, kind=ring.kind)
