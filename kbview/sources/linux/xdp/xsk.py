"""An AF_XDP socket that receives: a umem, its rings, and the program that sends it frames.

      our memory (umem), cut into chunks          the owner of a chunk
     +------+------+------+------+------+
     |  0   |  1   |  2   |  3   | ...  |   ours -> fill ring -> the kernel's -> rx ring -> ours
     +------+------+------+------+------+
           fill: "receive into 3"     rx: "a frame of 60 bytes is in 1"

Copy mode: XDP ran in the driver, a CPU copied the frame into the chunk. Zero-copy: the NIC wrote
there itself. Generic mode, where a driver has no XDP: an sk_buff was allocated before.
Linux: Documentation/networking/af_xdp.rst, net/xdp/xsk.c.
"""

import contextlib
import ctypes
import errno
import os
import socket
import struct
import time
from collections.abc import Sequence
from mmap import MAP_ANONYMOUS, MAP_POPULATE, MAP_PRIVATE, mmap

import msgspec

from kbview.sources.linux.xdp import attachment, program
from kbview.sources.linux.xdp.ring import ADDRESS, DESCRIPTOR, Offsets, XskRing
from kbview.tape.vocabulary import RingKind

AF_XDP, _SOL_XDP = 44, 283
_MMAP_OFFSETS, _RX_RING, _TX_RING, _UMEM_REG, _FILL_RING, _COMPLETION_RING, _STATISTICS = range(1, 8)
_PAGE_OFFSET = {RingKind.XSK_RX: 0, RingKind.FILL: 0x1_0000_0000}
_XDP_COPY, _XDP_ZEROCOPY, _XDP_USE_NEED_WAKEUP = 1 << 1, 1 << 2, 1 << 3
_RELEASED_S = 0.5  # the kernel gives a queue back in a work item (xp_release_deferred)
CHUNK = 2048  # bytes; a frame of 1518 and the kernel's 256 of headroom

_libc = ctypes.CDLL(None, use_errno=True)


class Statistics(msgspec.Struct, frozen=True):
    """struct xdp_statistics; of the first, the fill ring's emptiness is the usual reason."""

    rx_dropped: int
    rx_invalid_descs: int
    tx_invalid_descs: int
    rx_ring_full: int
    rx_fill_ring_empty_descs: int
    tx_ring_empty_descs: int


class XskSocket:
    """Open from the moment it is made until `close`; frames come from then on.

    `queue` of `link` in this thread's namespace; with `port` only UDP datagrams to it. `mode` is
    the best mode of the driver: "zero-copy", "copy" or "generic". `alone` False: the socket is bound,
    and its frames come once an XDP program of another's has it in its map. Errors: OSError.
    """

    def __init__(
        self,
        link: str,
        queue: int = 0,
        port: int | None = None,
        size: int = 2048,
        *,
        alone: bool = True,
    ) -> None:
        self.size = size
        self.queue = queue
        self.mode = ""
        self._closing = contextlib.ExitStack()
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self.socket = socket.socket(AF_XDP, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
            self._closing.callback(self.socket.close)
            self._register_umem()
            self.fill, self.rx = self._map_rings()
            self.fill.put(tuple(range(0, size * CHUNK, CHUNK)))
            ifindex = socket.if_nametoindex(link)
            self.mode = self._bind(ifindex, queue)
            if alone and (mode := redirect_to([self], ifindex, port, self._closing)):
                self.mode = mode
            undo.pop_all()

    def fileno(self) -> int:
        """For poll(2): readable when a frame waits in rx."""
        return self.socket.fileno()

    def _register_umem(self) -> None:
        self.umem = mmap(-1, self.size * CHUNK, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE)
        self._closing.callback(self.umem.close)
        pin = (ctypes.c_char * 1).from_buffer(self.umem)
        address = ctypes.addressof(pin)
        del pin  # or the mapping could not be closed
        self._set(_UMEM_REG, struct.pack("=QQIII4x", address, self.size * CHUNK, CHUNK, 0, 0))
        for option in (_FILL_RING, _COMPLETION_RING, _RX_RING):
            self._set(option, struct.pack("=i", self.size))

    def _map_rings(self) -> tuple[XskRing, XskRing]:
        told = struct.unpack("=16Q", self.socket.getsockopt(_SOL_XDP, _MMAP_OFFSETS, 128))
        rx, _tx, fill, _completion = (Offsets(*told[at : at + 4]) for at in range(0, 16, 4))
        rings = []
        for kind, offsets, entry in ((RingKind.FILL, fill, ADDRESS), (RingKind.XSK_RX, rx, DESCRIPTOR)):
            ring = XskRing(kind, self.socket.fileno(), _PAGE_OFFSET[kind], offsets, self.size, entry)
            self._closing.callback(ring.close)
            rings.append(ring)
        return rings[0], rings[1]

    def _bind(self, ifindex: int, queue: int) -> str:
        """Zero-copy where the driver has it, else copy."""
        number = self._try_bind(_XDP_ZEROCOPY, ifindex, queue)
        if not number:
            return "zero-copy"
        if number not in (errno.EPERM, errno.EBUSY):
            number = self._try_bind(_XDP_COPY, ifindex, queue)
        if number:
            raise OSError(number, f"bind to queue {queue}: {os.strerror(number)}")
        return "copy"

    def _try_bind(self, flag: int, ifindex: int, queue: int) -> int:
        """0, or the errno. A queue is busy for a few milliseconds after its last socket was closed."""
        flags = flag | _XDP_USE_NEED_WAKEUP
        address = struct.pack("=HHIII", AF_XDP, flags, ifindex, queue, 0)
        deadline = time.monotonic() + _RELEASED_S
        while _libc.bind(self.socket.fileno(), address, len(address)) != 0:
            number = ctypes.get_errno()
            if number != errno.EBUSY or time.monotonic() > deadline:
                return number
            time.sleep(_RELEASED_S / 100)
        return 0

    def _set(self, option: int, value: bytes) -> None:
        self.socket.setsockopt(_SOL_XDP, option, value)

    def statistics(self) -> Statistics:
        """Frames that the kernel could not deliver, by reason, counted since the socket was made."""
        return Statistics(*struct.unpack("=6Q", self.socket.getsockopt(_SOL_XDP, _STATISTICS, 48)))

    def close(self) -> None:
        """Take the program off the link and give all memory back. A second call does nothing."""
        self._closing.close()


def redirect_to(
    sockets: Sequence[XskSocket], ifindex: int, port: int | None, closing: contextlib.ExitStack
) -> str:
    """Put bound sockets into a map, load the program over the map, tie it to the link.

    Returns "generic" where the driver has no XDP, else "". Whatever is made is closed by `closing`.
    """

    def held(descriptor: int) -> int:
        closing.callback(os.close, descriptor)
        return descriptor

    xskmap = held(attachment.create_xskmap(max(each.queue for each in sockets) + 1))
    for each in sockets:
        attachment.put_socket(xskmap, each.queue, each.fileno())
    loaded = held(attachment.load(program.redirect(xskmap, port)))
    try:
        held(attachment.attach(loaded, ifindex, attachment.XDP_FLAGS_DRV_MODE))
    except OSError as error:
        if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSPC, errno.ERANGE):
            raise
        held(attachment.attach(loaded, ifindex, attachment.XDP_FLAGS_SKB_MODE))
        return "generic"
    return ""
