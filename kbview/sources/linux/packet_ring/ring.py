"""One TPACKET_V3 receive ring: a socket, and the memory that it shares with the kernel.

    block   0      1      2      3      4      5
          [user] [user] [fill] [kern] [kern] [kern]
             ^             ^
             next          the kernel's; it moves on when the block is full or its timer fires

The kernel writes blocks in order and freezes when the next one is still ours. We read in order from
`next` and give each back by writing its status: no system call on either side.
"""

import contextlib
import ctypes
import mmap
import socket
import struct

from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.settings import RingSettings

_SO_ATTACH_FILTER, _SO_DETACH_FILTER = 26, 27
_INSTRUCTION = 8  # bytes
_REFUSE_ALL = struct.pack("=HBBI", 0x06, 0, 0, 0)  # one classic BPF instruction: return 0 bytes


class TapRing:
    """Shut when made: nothing arrives before it is both bound and open."""

    def __init__(self, control: socket.socket, settings: RingSettings) -> None:
        self.socket = control
        self.blocks = settings.ring
        self.next = 0
        self._block = settings.block
        request = layout.REQUEST.pack(
            settings.block,
            settings.ring,
            layout.FRAME_SIZE,
            settings.ring * (settings.block // layout.FRAME_SIZE),
            settings.retire_ms,
            0,
            layout.TP_FT_REQ_FILL_RXHASH,
        )
        set_option = control.setsockopt
        set_option(layout.SOL_PACKET, layout.PACKET_VERSION, layout.TPACKET_V3)
        set_option(layout.SOL_PACKET, layout.PACKET_IGNORE_OUTGOING, 1)
        set_option(layout.SOL_PACKET, layout.PACKET_RX_RING, request)
        self._attach(_REFUSE_ALL)
        self.memory = mmap.mmap(control.fileno(), self.blocks * self._block)
        self._words = memoryview(self.memory).cast("I")

    def _attach(self, program: bytes) -> None:
        """Let the kernel ask this program about each packet, from the next one on."""
        code = ctypes.create_string_buffer(program, len(program))
        pointer = struct.pack("@HP", len(program) // _INSTRUCTION, ctypes.addressof(code))
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pointer)

    def open(self, program: bytes = b"") -> None:
        """Let packets in: the ones that a program of classic BPF takes, or all.

        A second call changes the program between two packets.
        """
        if program:
            self._attach(program)
        else:
            self.socket.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)

    def bind(self, name: str) -> None:
        """Begin to receive from an interface."""
        self.socket.bind((name, layout.ETH_P_ALL))

    def start_of(self, block: int) -> int:
        """Where a block begins in `memory`."""
        return block * self._block

    def status(self, block: int) -> int:
        """Its status word: one aligned read, as the kernel writes it."""
        return self._words[(block * self._block + layout.STATUS) >> 2]

    def ready(self) -> int:
        """How many blocks from `next` on are ours to read."""
        count = 0
        while count < self.blocks and self.status((self.next + count) % self.blocks):
            count += 1
        return count

    def release(self) -> None:
        """Give the block at `next` back to the kernel and move on."""
        self._words[(self.next * self._block + layout.STATUS) >> 2] = layout.TP_STATUS_KERNEL
        self.next = (self.next + 1) % self.blocks

    def statistics(self) -> tuple[int, int]:
        """Packets that found no room, and freezes, since it was asked last; the kernel clears them."""
        told = self.socket.getsockopt(
            layout.SOL_PACKET, layout.PACKET_STATISTICS, layout.STATISTICS.size
        )
        _, drops, freezes = layout.STATISTICS.unpack(told)
        return drops, freezes

    def error(self) -> int:
        """The errno that waits at the socket, once: ENETDOWN when the link went down or away."""
        return self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)

    def close(self) -> None:
        """Give memory and socket back."""
        self._words.release()
        with contextlib.suppress(BufferError):
            self.memory.close()
        self.socket.close()
