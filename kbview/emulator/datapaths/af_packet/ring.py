"""AF_PACKET with TPACKET_V3: blocks in memory that kernel and application share.

    driver -> sk_buff -> tap: a reference -> copied into the kernel's block     the only copy
                          |                       | full, or its timer ran out
                          v                       v
                 the stack                  block is the user's: wake the reader; the next block opens

The status word of a block names its owner, kernel or user. While the user owns all blocks, the kernel
drops the copy (tp_drops); the stack still gets the packet. Linux: net/packet/af_packet.c

The timer of a block, prb_retire_rx_blk_timer_expired(), runs in a softirq: TIMER_SOFTIRQ up to Linux
6.17 (timer_list, set anew when a block opens), HRTIMER_SOFTIRQ from 6.18 on (HRTIMER_MODE_REL_SOFT). It
fires each `retire_us` after the opening of a block. Firings for an empty block are left out here.
"""

from collections import deque
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.timer import Timed, Timers
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.emulator.keys import MOST, Keys, number
from kbview.emulator.protocol.layer import LAYERS
from kbview.packet.frame import Frame
from kbview.tape.events import BlockReleased, BlockRetired
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import CopyKind, DropReason, Place, RingKind

# Enum members that a packet needs: a look-up in the class costs more than a call.
_TO_RING = CopyKind.TO_RING
_BLOCK = Place.BLOCK

PACKET_SOCK_ERROR = DropReason.PACKET_SOCK_ERROR
_HEADER = 48 + 20 + 14  # struct tpacket3_hdr, struct sockaddr_ll, alignment of the packet


@dataclass(frozen=True, kw_only=True)
class PacketRingSettings(Keys):
    """The ring of an AF_PACKET socket, TPACKET_V3."""

    blocks: Annotated[
        int, number("blocks in the ring of a packet socket", "blocks", ge=1, le=65_536)
    ] = 64
    block_bytes: Annotated[int, number("length of a block", ge=16_384, le=MOST)] = 1 << 20
    retire_us: Annotated[
        float,
        number("time after which a block that is not full is handed to the reader", ge=1, le=MOST),
    ] = 8000.0


class Geometry(NamedTuple):
    """struct tpacket_req3: number and length of blocks, and the timeout of an open block."""

    blocks: int
    block_bytes: int
    retire_ps: int


class PacketRing(Timed):
    """The ring of one packet socket: the tap above a driver's poll, which takes every packet.

    `timers` wait for the open block; to be started with the softirq of the ring's core.
    """

    def __init__(self, machine: Machine, queue: int, skbs: SkbCache, geometry: Geometry) -> None:
        self.timers = Timers(machine)
        self.timers.add(self)
        self.waiters = WaitQueue(machine)
        self.ready: deque[tuple[int, list[Frame]]] = deque()  # blocks that are the user's
        self.dropped = 0
        self._machine = machine
        self._queue = queue
        self._skbs = skbs
        self._geometry = geometry
        self._open: list[Frame] = []
        self._block = 0
        self._bytes = 0
        self._users = 0
        self._opened_ps = 0  # when the block became the open one
        self._due_ps = NEVER_PS
        sequence, step = machine.prices.sequence, machine.prices.step
        self._climb = sequence(
            "descriptor_read", "first_touch", "skb_alloc", "napi_gro_receive", "netif_receive_skb"
        )
        self._copy = step("tpacket_copy")
        self._retire_step = step("tpacket_retire")
        self._stack = {
            protocol: sequence(*(name for layer in layers[1:] for name in layer.steps), "kfree_skb")
            for protocol, layers in LAYERS.items()
        }

    # ---- the kernel's side -----------------------------------------------------------------

    def netif_receive_skb(self, core: Core, frame: Frame) -> "PacketRing":
        """The tap sees every packet before IP does."""
        core.spend(self._climb, frame.packet)
        return self

    def receive(self, core: Core, frame: Frame) -> None:
        """Copy the clone into the open block; the stack takes the sk_buff itself and frees it."""
        if self._store(core, frame):
            core.spend_copying(self._copy, frame.length, frame.packet)
            self._machine.counts.copied(core, frame.packet, _TO_RING, frame.length)
        else:
            self.dropped += 1
            self._machine.books.drop(core, frame, _BLOCK, PACKET_SOCK_ERROR)
        core.spend(self._stack[frame.flow.protocol], frame.packet)
        self._skbs.freed(core, frame)

    def _store(self, core: Core, frame: Frame) -> bool:
        room = _HEADER + frame.length
        if self._open and self._bytes + room > self._geometry.block_bytes:
            self._retire(core, timed_out=False)
        if self._users == self._geometry.blocks:
            return False
        if not self._open:
            self._await(core)
        self._open.append(frame)
        self._bytes += room
        return True

    def _retire(self, core: Core, *, timed_out: bool) -> None:
        """Hand the open block to the user."""
        core.spend(self._retire_step)
        if self._machine.recorder.steps:
            count = len(self._open)
            event = BlockRetired(core.now_ps, self._queue, self._block, count, timed_out)
            self._machine.recorder.emit(event)
        self.ready.append((self._block, self._open))
        self._block = (self._block + 1) % self._geometry.blocks
        self._users += 1
        self._open, self._bytes = [], 0
        self._opened_ps, self._due_ps = core.now_ps, NEVER_PS
        self.timers.arm(core)
        self.waiters.wake(core)

    # ---- the timer of the open block ---------------------------------------------------------

    @property
    def due_ps(self) -> int:
        return self._due_ps

    def _await(self, core: Core) -> None:
        """The block has its first packet: its timer will find it at the next firing."""
        period_ps = self._geometry.retire_ps
        waited_ps = (core.now_ps - self._opened_ps) % period_ps
        self._due_ps = core.now_ps + period_ps - waited_ps
        self.timers.arm(core)

    def expire(self, core: Core) -> Process:
        if self._open:
            self._retire(core, timed_out=True)
        yield from ()

    # ---- the user's side -------------------------------------------------------------------

    def release(self, core: Core, block: int) -> None:
        """Write the status word: the block is the kernel's again."""
        self._users -= 1
        if self._machine.recorder.steps:
            self._machine.recorder.emit(BlockReleased(core.now_ps, self._queue, block))

    def held(self) -> int:
        """Packets in the blocks."""
        return len(self._open) + sum(len(frames) for _, frames in self.ready)

    def meter(self) -> RingMeter:
        """The ring in blocks: `done` blocks belong to the user; the reader may hold one of them."""
        blocks = self._geometry.blocks
        clean = (self._block - self._users) % blocks
        return RingMeter(
            self._queue, blocks, self._block, clean, clean, self._users, 0, None, RingKind.BLOCK
        )
