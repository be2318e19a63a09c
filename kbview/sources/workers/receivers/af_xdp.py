"""AF_XDP: an XDP program puts the frame into the application's memory; no sk_buff reaches the stack.

On a veth the driver converts the sender's sk_buff before the program runs (see `conversion`).
"""

import select
import time

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
    """Sleeps in poll() when the rx ring is empty; while frames wait there it needs no system call."""

    name = "af_xdp"
    summary = "an AF_XDP socket: XDP program, umem, four rings"

    def open(self, place: Ingress) -> None:
        self._place = place
        self._xsk = XskSocket(place.link, place.queue, place.port)
        self.mode = self._xsk.mode
        self.copies_each = 0 if self.mode == "zero-copy" else 1
        self._converted = converts(place.link, self.mode)
        if self._converted:
            self.copies_each, self.skbs_each = CONVERTED_COPIES, CONVERTED_SKBS
        self._poll = select.poll()
        self._poll.register(self._xsk, select.POLLIN)

    def receive(self, until_ns: int) -> None:
        rx = self._xsk.rx
        while time.monotonic_ns() < until_ns:
            self.polls += 1
            if words := rx.take(_BATCH):
                self._deliver(words)
            else:
                self.empty_polls += 1
                self.syscalls += 1
                self._poll.poll(_WAIT_MS)

    def _deliver(self, words: tuple[int, ...]) -> None:
        """Read the frames where they lie, then give their chunks back to the kernel."""
        addresses, lengths = words[0::2], [word & 0xFFFFFFFF for word in words[1::2]]
        stamps = self._stamps(addresses)
        wire = [max(length + FCS, LEAST) for length in lengths]
        received_ns = time.monotonic_ns()
        self.took(received_ns, stamps, wire, lengths)
        if self.sampling.milestones:
            told = self._copies(received_ns * 1000, stamps, lengths) if self.sampling.steps else []
            self._tell(received_ns, stamps, wire, told)
        if self.sampling.snap:
            self._record(received_ns, stamps, addresses, lengths)
        self._xsk.rx.release(len(addresses))
        self._xsk.fill.put(addresses)
        if self._xsk.fill.needs_wakeup:
            self.syscalls += 1
            self._poll.poll(0)

    def _stamps(self, addresses: tuple[int, ...]) -> list[Stamp]:
        if self._place.stamped:
            return [STAMP.unpack_from(self._xsk.umem, at + HEADERS) for at in addresses]
        return [(number, UNKNOWN) for number in range(self.delivered, self.delivered + len(addresses))]

    def _tell(
        self, received_ns: int, stamps: list[Stamp], lengths: list[int], copies: list[Told]
    ) -> None:
        sampling, time_ps, count = self.sampling, received_ns * 1000, len(stamps)
        sampling.add(sampling.arrivals(received_ns, stamps, lengths))
        if sampling.steps:
            left = self._xsk.rx.waiting - count
            sampling.add(copies)
            sampling.add([RingProduced(time_ps, NO_CPU, words.RingKind.XSK_RX, 0, count, left + count)])
            sampling.add([RingConsumed(time_ps, sampling.cpu, words.RingKind.XSK_RX, 0, count, left)])
        sampling.add(sampling.deliveries(received_ns, stamps, lengths))
        if sampling.steps:
            filled = self._xsk.fill.waiting + count
            sampling.add([RingProduced(time_ps, sampling.cpu, words.RingKind.FILL, 0, count, filled)])

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
        self, received_ns: int, stamps: list[Stamp], addresses: tuple[int, ...], lengths: list[int]
    ) -> None:
        """The first bytes of each frame."""
        umem, snap = self._xsk.umem, self.sampling.snap
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
        return self.delivered + sum(self.drops().values()) + self._xsk.rx.waiting

    def drops(self) -> dict[str, int]:
        told = self._xsk.statistics()
        return {
            words.drop_key(words.Place.XSK, words.DropReason.RX_DROPPED): told.rx_dropped,
            words.drop_key(words.Place.XSK, words.DropReason.RX_RING_FULL): told.rx_ring_full,
            words.drop_key(words.Place.XSK, words.DropReason.RX_INVALID_DESCS): told.rx_invalid_descs,
        }

    def rings(self) -> list[RingMeter]:
        return [_meter(self._xsk.rx), _meter(self._xsk.fill)]

    def close(self) -> None:
        self._xsk.close()


def _meter(ring: XskRing) -> RingMeter:
    return RingMeter(0, ring.size, done=ring.waiting, kind=ring.kind)
