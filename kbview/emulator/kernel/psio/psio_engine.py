"""The PacketShader I/O engine in the kernel: a huge packet buffer instead of a buffer for each packet.

    descriptor    0      1      2           N-1
    huge buffer | cell | cell | cell | ... | cell |
                    \\____ copied, in order ____/
    chunk       | packet, packet, packet ...      |

Descriptor i owns cell i of 2048 bytes for ever, so the engine allocates, frees and maps nothing. The
chunk is the application's own memory; its packets are 64-byte aligned.

A copied packet's cell goes back to the NIC at once, so the ring turns while the application works. The
copy prefetches the cache lines of four cells ahead; only the first packet of a call waits for memory.
S. Han et al., "PacketShader: a GPU-accelerated software router", SIGCOMM 2010, section 4; the engine's
ixgbe_main.c, copy_rx_packets() and ixgbe_xmit_batch()
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import CopyKind

# Enum members that a packet needs: a look-up in the class costs more than a call.
_TO_USER = CopyKind.TO_USER
_FROM_USER = CopyKind.FROM_USER

DOORBELL_EVERY = 256  # packets of one chunk


class PsioQueue:
    """The kernel module's half of a queue pair; at most a single thread is attached."""

    def __init__(self, machine: Machine, queue: RxQueue, tx: TxRing) -> None:
        self.queue = queue
        self.tx = tx
        self._ring = queue.ring
        self._dma_ps = queue.moderation.dma_ps
        self._counts = machine.counts
        step, sequence = machine.prices.step, machine.prices.sequence
        self._first_touch = step("first_touch")
        self._from_cell = sequence("psio_rx_cell", *machine.hops(queue.number, 1), "psio_rx_copy")
        self._to_cell = sequence("psio_tx_cell", "psio_tx_copy")
        self._read_head = step("psio_tx_head")
        self._doorbell = step("doorbell")
        self._irq_enable = step("irq_enable")

    def copy_rx_packets(self, core: Core, most: int) -> list[Frame]:
        """Copy up to `most` packets from their cells into the chunk; the cells go back to the NIC.

        Returns the packets with DD set in their descriptors; an empty list where there are none.
        """
        ring, now_ps = self._ring, core.now_ps
        self.queue.catch_up(now_ps)
        frames = ring.take_burst(now_ps - self._dma_ps, most)
        self._counts.descriptors_cleaned(core, ring, frames)
        self._counts.chunk_moved(core, ring.queue, "rx", len(frames), most)
        if not frames:
            return frames
        core.spend(self._first_touch, frames[0].packet)
        for frame in frames:
            core.spend_copying(self._from_cell, frame.length, frame.packet)
            self._counts.copied(core, frame.packet, _TO_USER, frame.length)
        count = ring.refill()
        core.spend(self._doorbell)
        self._counts.ring_refilled(core, ring.queue, count)
        return frames

    def xmit_batch(self, core: Core, frames: list[Frame], *, passed_on: bool) -> int:
        """Copy the frames that fit into cells of the transmit ring; returns how many.

        The wire is shared: the caller yields before if its core is past its horizon.
        """
        tx = self.tx
        if tx.free < len(frames):
            core.spend(self._read_head)
            tx.clean(core.now_ps, tx.size)
        count = min(len(frames), tx.free)
        for start in range(0, count, DOORBELL_EVERY):
            self._fill(core, frames[start : min(count, start + DOORBELL_EVERY)], passed_on)
        self._counts.chunk_moved(core, tx.queue, "tx", count, len(frames))
        return count

    def _fill(self, core: Core, frames: list[Frame], passed_on: bool) -> None:
        for frame in frames:
            core.spend_copying(self._to_cell, frame.length, frame.packet)
            self._counts.copied(core, frame.packet, _FROM_USER, frame.length)
            self.tx.post(core, frame, passed_on=passed_on)
        self.tx.doorbell(core)
        core.spend(self._doorbell)

    def enable_irq(self, core: Core) -> None:
        """Unmask the vector: the next packet interrupts."""
        core.spend(self._irq_enable)
        self.queue.unmask(core.now_ps)
        self._counts.unmasked(core, self._ring.queue)
