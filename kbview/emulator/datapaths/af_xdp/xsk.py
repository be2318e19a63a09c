"""An AF_XDP socket: chunks of one memory (umem) that go round between kernel and application.

                 FILL          free chunks, given to the kernel       application produces
    NIC ring <---+
       |  XDP program: redirect
       v
                 RX            chunks with a frame in them            kernel produces
    application
                 TX            chunks to be sent                      application produces
    NIC tx ring <+
                 COMPLETION    chunks that were sent                  kernel produces

Each ring has one producer and one consumer and no lock. A chunk is always in exactly one place.
Linux: net/xdp/xsk.c, Documentation/networking/af_xdp.rst
"""

from collections import deque
from typing import NamedTuple

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.shared_ring import SharedRing
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.packet.frame import Frame
from kbview.tape.meter import RingMeter


class XskMode(NamedTuple):
    """How a socket is bound: XDP_ZEROCOPY or XDP_COPY, XDP_USE_NEED_WAKEUP; and what it is for."""

    zero_copy: bool
    need_wakeup: bool
    passes_on: bool


class Xsk:
    """The socket's rings and what lies in them.

    `wants_wakeup`: the driver has stopped for want of chunks in FILL and says so; `tx_wants_wakeup`: it
    will not look at TX by itself. Who binds without XDP_USE_NEED_WAKEUP has to take that for granted.
    """

    def __init__(self, machine: Machine, queue: int, size: int) -> None:
        self.waiters = WaitQueue(machine)
        self.tx_wants_wakeup = True
        self.closed = False
        self.fill = SharedRing(machine, "fill", queue, 2 * size)  # all chunks may come back to it
        self.rx = SharedRing(machine, "xsk rx", queue, size)
        self.tx = SharedRing(machine, "xsk tx", queue, size)
        self.completion = SharedRing(machine, "completion", queue, size)
        self.received: deque[Frame] = deque()  # what lies in rx
        self.to_send: deque[Frame] = deque()  # what lies in tx
        self.wants_wakeup = False
        self.in_hand = 0  # frames that the application holds
        self.reader: Core | None = None  # the core of who looks at rx

    def receive(self, core: Core, frame: Frame) -> None:
        """The kernel puts a chunk into RX; a reader that spins on another core sees it now."""
        self.received.append(frame)
        self.rx.produce(core, 1)
        reader = self.reader
        if reader is not None and reader is not core and reader.resting:
            self._stir(reader, core)

    def complete(self, core: Core, count: int) -> None:
        """The kernel puts sent chunks into COMPLETION."""
        self.completion.produce(core, count)
        reader = self.reader
        if count and reader is not None and reader is not core and reader.resting:
            self._stir(reader, core)

    def data_ready(self, core: Core) -> None:
        """xsk_flush(), sock_def_readable(): a poll's frames are in RX; wake who sleeps for them."""
        if self.waiters.sleeper is not None:
            self.waiters.wake(core)

    def _stir(self, reader: Core, core: Core) -> None:
        """A reader that spins sees it now; one that sleeps has to be woken."""
        if self.waiters.sleeper is None:
            reader.stir(core.now_ps)
            core.mind(core.now_ps)

    def held(self, *, passes_on: bool) -> int:
        """Frames in the socket's rings and with the application; answers are not of those that came."""
        return len(self.received) + self.in_hand + (len(self.to_send) if passes_on else 0)

    def meters(self) -> list[RingMeter]:
        """All four rings."""
        return [ring.meter() for ring in (self.fill, self.rx, self.tx, self.completion)]
