"""AF_PACKET with a TPACKET_V3 ring: the kernel copies into blocks that we read without a system call.

The ordinary stack sees each packet as well, finds no socket for it and drops its own reference.
"""

import errno
import os
import select
import socket
import time

from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.block import ON_WIRE, Block, read_block
from kbview.sources.linux.packet_ring.ring import TapRing
from kbview.sources.linux.packet_ring.settings import RingSettings
from kbview.sources.workers.message import Told
from kbview.sources.workers.payload_stamp import HEADERS, STAMP
from kbview.sources.workers.receiver import Ingress, ReceiverWorker
from kbview.sources.workers.sampling import Stamp
from kbview.tape import vocabulary as words
from kbview.tape.events import NO_CPU, BlockReleased, BlockRetired, Copied
from kbview.tape.meter import RingMeter

_SETTINGS = RingSettings(ring=32, block=1 << 17, retire_ms=8)
_WAIT_MS = 10
_UDP_PORT = 36  # offset in the frame


class AfPacketReceiver(ReceiverWorker):
    """Sleeps in poll() until the kernel hands over a block: full, or its timer fired."""

    name = "af_packet"
    summary = "a TPACKET_V3 ring: one copy into shared blocks, one wake-up a block"

    def open(self, place: Ingress) -> None:
        self._ring = TapRing(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0), _SETTINGS)
        self._port = (place.port or 0).to_bytes(2, "big")
        self._drops = self._freezes = 0
        self._poll = select.poll()
        self._poll.register(self._ring.socket, select.POLLIN | select.POLLERR)
        self._ring.bind(place.link)
        self._ring.open()

    def receive(self, until_ns: int) -> None:
        ring = self._ring
        while time.monotonic_ns() < until_ns:
            self.polls += 1
            if ring.status(ring.next):
                self._deliver()
                ring.release()
            else:
                self.empty_polls += 1
                self.syscalls += 1
                self._wait()

    def _wait(self) -> None:
        """Until a block is ours. A link that went down is said once, as an error of the socket."""
        if any(events & select.POLLERR for _, events in self._poll.poll(_WAIT_MS)):
            error = self._ring.error()
            if error not in (0, errno.ENETDOWN):
                raise OSError(error, os.strerror(error))

    def _deliver(self) -> None:
        """Read a whole block where it lies."""
        memory = self._ring.memory
        block = read_block(self._ring, self._ring.next)
        at = block.first
        stamps: list[Stamp] = []
        wire: list[int] = []
        copied: list[int] = []
        for _ in range(block.packets):
            header = layout.PACKET.unpack_from(memory, at)
            frame = at + header[6]
            if memory[frame + _UDP_PORT : frame + _UDP_PORT + 2] == self._port:
                stamps.append(STAMP.unpack_from(memory, frame + HEADERS))
                wire.append(ON_WIRE.length(header[4], header[5]))
                copied.append(header[3])
            at += header[0]
        received_ns = time.monotonic_ns()
        self.took(received_ns, stamps, wire, copied)
        if self.sampling.milestones:
            told = (
                self._copies(stamps, copied, received_ns * 1000, block) if self.sampling.steps else []
            )
            self._tell(received_ns, stamps, wire, told)

    def _copies(self, stamps: list[Stamp], copied: list[int], time_ps: int, block: Block) -> list[Told]:
        """tpacket_rcv() copies the frame, which has no FCS, as it comes; the block is read later."""
        copies: list[Told] = [
            Copied(sent * 1000, NO_CPU, packet, words.CopyKind.TO_RING, length)
            for (packet, sent), length in zip(stamps, copied, strict=True)
        ]
        return [*copies, BlockRetired(time_ps, 0, self._ring.next, block.packets, block.timed_out)]

    def _tell(self, received_ns: int, stamps: list[Stamp], wire: list[int], copies: list[Told]) -> None:
        sampling = self.sampling
        sampling.add(sampling.arrivals(received_ns, stamps, wire))
        sampling.add(copies)
        sampling.add(sampling.deliveries(received_ns, stamps, wire))
        if sampling.steps:
            sampling.add([BlockReleased(received_ns * 1000, 0, self._ring.next)])

    def drops(self) -> dict[str, int]:
        drops, freezes = self._ring.statistics()  # the kernel clears them
        self._drops += drops
        self._freezes += freezes
        return {words.drop_key(words.Place.BLOCK, words.DropReason.PACKET_SOCK_ERROR): self._drops}

    def rings(self) -> list[RingMeter]:
        ring = self._ring
        done = ring.ready()
        head = (ring.next + done) % ring.blocks
        meter = RingMeter(
            0, ring.blocks, head, ring.next - 1, ring.next, done, kind=words.RingKind.BLOCK
        )
        meter.freezes = self._freezes
        return [meter]

    def close(self) -> None:
        self._ring.close()
