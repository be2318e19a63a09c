"""The application's thread on an AF_XDP socket: it spins on the RX ring and gives chunks back.

    chunks that were sent: from COMPLETION to FILL; TX wants a wake-up? --> sendto()
    RX ring: a batch --> work --> chunk to FILL, or to TX
       | empty
       v
    the driver has stopped for want of chunks? --> poll(): it sets the driver going, and may sleep
       | no
       v
    look again

So the driver is called only when all that it gave is worked on, and has a whole ring to do then.
Without need_wakeup nobody knows whether it has stopped: a sendto() for each look while frames are out.
Linux: samples/bpf/xdpsock_user.c rx_drop(), l2fwd(); net/xdp/xsk.c xsk_poll()
"""

from kbview.emulator.datapaths.af_xdp.poll import XskPoll
from kbview.emulator.datapaths.af_xdp.xsk import Xsk
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import POLL_USEFUL, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.work import Work
from kbview.packet.frame import Frame
from kbview.tape.events import BurstReceived, Mode

_LOOK_PS = 20_000_000  # how long a spin may last while other tasks want the core too


class XskThread:
    """One thread on one socket. `outstanding`: frames in TX, with the NIC or in COMPLETION."""

    sends = False

    def __init__(self, machine: Machine, core: Core, xsk: Xsk, driver: XskPoll, burst: int) -> None:
        self._machine = machine
        self._core = core
        self._xsk = xsk
        self._driver = driver
        self._burst = burst
        self.outstanding = 0
        step = machine.prices.step
        self._peek, self._empty = step("xsk_peek"), step("xsk_peek_empty")
        self._give = step("xsk_give")
        self._enter, self._kick = step("syscall_enter"), step("xsk_wakeup")
        self._exit = step("syscall_exit")
        self._task = Context("xsk", self._main(), POLL_USEFUL, Mode.USER)

    def start(self) -> None:
        """Put the thread on its core; all chunks are the kernel's at first."""
        self._xsk.reader = self._core
        self._core.start(self._task)

    def stop(self) -> None:
        """Nothing more will come: it goes on to look, or sleeps."""

    def _main(self) -> Process:
        """What it does; see the kinds of it."""
        raise NotImplementedError

    # ---- calls -----------------------------------------------------------------------------

    def _poll(self) -> Process:
        """poll(): wake the driver up, and sleep until something is in RX.

        Who sends as well asks for POLLOUT too, and is never kept waiting: TX has room.
        """
        core, xsk = self._core, self._xsk
        core.enter_kernel(self._task, self._enter, "poll")
        core.spend(self._kick)
        if core.now_ps > core.horizon_ps:
            yield
        self._driver.wake_up(core)
        while not (xsk.received or self.sends):
            yield from xsk.waiters.sleep(core, self._task)
        self._return()

    def _sendto(self) -> Process:
        """sendto(): zero-copy, it wakes the driver up; else it sends some frames itself."""
        core = self._core
        core.enter_kernel(self._task, self._enter, "sendto")
        core.spend(self._kick)
        if core.now_ps > core.horizon_ps:
            yield
        yield from self._driver.xsk_sendmsg(core)
        self._return()

    def _return(self) -> None:
        self._core.spend(self._exit)
        self._core.leave_kernel(self._task)
        self._core.account = POLL_USEFUL

    # ---- rings -----------------------------------------------------------------------------

    def _complete(self) -> Process:
        """Frames are out: have the driver look at TX if it asks for it, and take back what was sent."""
        xsk = self._xsk
        if not self.outstanding:
            return
        if xsk.tx_wants_wakeup:
            yield from self._sendto()
        count = min(xsk.completion.filled, self._burst)
        if count:
            xsk.completion.consume(self._core, count)
            self.outstanding -= count
            self._take_back(count)

    def _take_back(self, count: int) -> None:
        """Chunks that were sent."""
        self._give_back(count)

    def _give_back(self, count: int) -> None:
        for _ in range(count):
            self._core.spend(self._give)
        self._xsk.fill.produce(self._core, count)

    def _spin(self) -> Process:
        """Look at the rings in vain until something may have changed."""
        core = self._core
        wanted = any(task.runnable for task in core.tasks if task is not self._task)
        core.spin(self._empty, core.now_ps + _LOOK_PS if wanted else NEVER_PS)
        if core.resting:
            yield


class XskReader(XskThread):
    """It receives: rxdrop, or l2fwd where its work sends on."""

    def __init__(
        self, machine: Machine, core: Core, xsk: Xsk, driver: XskPoll, work: Work, burst: int
    ) -> None:
        super().__init__(machine, core, xsk, driver, burst)
        self._work = work
        self.sends = work.sends

    def _main(self) -> Process:
        core, xsk = self._core, self._xsk
        while True:
            if core.now_ps > core.horizon_ps:
                yield
            yield from self._complete()
            if not xsk.received:
                asked = xsk.wants_wakeup and xsk.fill.filled
                yield from self._poll() if asked else self._spin()
                continue
            frames = self._take()
            outgoing = self._work.take(core, frames)
            xsk.in_hand = len(outgoing) if self._work.passes_on else 0
            if core.now_ps > core.horizon_ps:
                yield
            self._give_back(len(frames) - len(outgoing))
            self._put(outgoing)

    def _take(self) -> list[Frame]:
        """A batch from the RX ring."""
        core, xsk, meters = self._core, self._xsk, self._machine.meters
        count = min(self._burst, len(xsk.received))
        frames = [xsk.received.popleft() for _ in range(count)]
        xsk.rx.consume(core, count)
        meters.polls += 1
        if self._machine.recorder.steps:
            queue = self._driver.queue_number
            self._machine.recorder.emit(
                BurstReceived(core.now_ps, core.number, queue, count, self._burst)
            )
        core.spend(self._peek)
        return frames

    def _put(self, frames: list[Frame]) -> None:
        """Into the TX ring; what it has no room for is given up."""
        core, xsk, books = self._core, self._xsk, self._machine.books
        count = min(len(frames), xsk.tx.room)
        xsk.to_send.extend(frames[:count])
        xsk.tx.produce(core, count)
        self.outstanding += count
        xsk.in_hand = 0
        for frame in frames[count:]:
            books.give_up(core, frame, "xsk tx", "TX_RING_FULL", self._work.passes_on)
        self._give_back(len(frames) - count)
