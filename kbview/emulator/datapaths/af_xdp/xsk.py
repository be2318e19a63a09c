"""An AF_XDP socket: chunks of a single memory (umem) that go round between kernel and application.

                 FILL          free chunks, given to the kernel       application produces
    NIC ring <---+
       |  XDP program: redirect
       v
                 RX            chunks with a frame in them            kernel produces

    application
                 TX            chunks to be sent                      application produces
    NIC tx ring <+
                 COMPLETION    chunks that were sent                  kernel produces

Each ring has a single producer and a single consumer, and no lock. A chunk is always in a single place.
Linux: net/xdp/xsk.c, Documentation/networking/af_xdp.rst
"""

from collections import deque
from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.shared_ring import SharedRing
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.emulator.keys import Keys, meaning
from kbview.packet.frame import Frame
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import RingKind

XdpMode = Literal["zero_copy", "copy"]
TxWakeup = Literal["always", "idle"]
XskWait = Literal["spin", "poll"]


@dataclass(frozen=True, kw_only=True)
class XskSettings(Keys):
    """An AF_XDP socket."""

    xdp_mode: Annotated[
        XdpMode,
        meaning("whether the NIC writes into the UMEM itself, or the kernel copies frames there"),
    ] = "zero_copy"
    need_wakeup: Annotated[
        bool, meaning("whether the driver sleeps until the application wakes it (XDP_USE_NEED_WAKEUP)")
    ] = True
    tx_wakeup: Annotated[
        TxWakeup,
        meaning(
            "when the driver asks for a wake-up to send: after each cleaning (i40e, ice, igb, igc),"
            " or only while no frame is on its way (mlx5, i40e of 2019)"
        ),
    ] = "always"
    xsk_wait: Annotated[
        XskWait,
        meaning("whether a reader spins on an empty RX ring, or sleeps in poll() (xdpsock --poll)"),
    ] = "spin"


class XskMode(NamedTuple):
    """How a socket is bound: XDP_ZEROCOPY or XDP_COPY, XDP_USE_NEED_WAKEUP.

    With `passes_on` the frames that it sends are frames that it has received. With `tx_idle` the driver
    asks for no wake-up while a sent frame is to raise an interrupt.
    """

    zero_copy: bool
    need_wakeup: bool
    passes_on: bool
    tx_idle: bool

    @property
    def calls_each_look(self) -> bool:
        """Whether the application makes a system call at each look while its frames are out."""
        return self.zero_copy and self.need_wakeup and not self.tx_idle


class XskRings:
    """The socket's rings and their frames; `reader` is the core of the application's thread.

    At first FILL holds `chunks`. With `wants_wakeup` the driver has stopped because FILL is empty. With
    `tx_wants_wakeup` the driver does not look at TX by itself; an application that binds without
    XDP_USE_NEED_WAKEUP always assumes so.
    """

    def __init__(self, machine: Machine, queue: int, size: int, chunks: int, reader: Core) -> None:
        self.waiters = WaitQueue(machine)
        self.tx_wants_wakeup = True
        self.closed = False
        # All chunks may come back to the fill ring.
        self.fill = SharedRing(machine, RingKind.FILL, queue, 2 * size)
        self.fill.filled = min(self.fill.size, chunks)
        self.rx = SharedRing(machine, RingKind.XSK_RX, queue, size)
        self.tx = SharedRing(machine, RingKind.XSK_TX, queue, size)
        self.completion = SharedRing(machine, RingKind.COMPLETION, queue, size)
        self.received: deque[Frame] = deque()  # the frames in rx
        self.to_send: deque[Frame] = deque()  # the frames in tx
        self.wants_wakeup = False
        self.in_hand = 0  # frames that the application holds
        self._reader = reader

    def receive(self, core: Core, frame: Frame) -> None:
        """The kernel puts a chunk into RX; a thread that spins on another core sees it now."""
        self.received.append(frame)
        self.rx.produce(core, 1)
        if self._reader is not core and self._reader.resting:
            self._shorten_spin(core)

    def complete(self, core: Core, count: int) -> None:
        """The kernel puts `count` sent chunks into COMPLETION."""
        self.completion.produce(core, count)
        if count and self._reader is not core and self._reader.resting:
            self._shorten_spin(core)

    def data_ready(self, core: Core) -> None:
        """xsk_flush(), sock_def_readable(): the poll's frames are in RX; wake a sleeping thread."""
        if self.waiters.sleeper is not None:
            self.waiters.wake(core)

    def _shorten_spin(self, core: Core) -> None:
        """A thread that spins sees the ring at once; a thread that sleeps waits for its wake-up."""
        if self.waiters.sleeper is None:
            self._reader.shorten_rest(core.now_ps)
            core.give_way_by(core.now_ps)

    def held(self, *, passes_on: bool) -> int:
        """Received frames in the socket's rings and in the application; answers do not count."""
        return len(self.received) + self.in_hand + (len(self.to_send) if passes_on else 0)

    def meters(self) -> list[RingMeter]:
        """All four rings."""
        return [ring.meter() for ring in (self.fill, self.rx, self.tx, self.completion)]
