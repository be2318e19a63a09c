"""The application's thread on an AF_XDP socket: its system calls, and its side of the rings.

Linux: net/xdp/xsk.c xsk_poll(), xsk_sendmsg(); tools/lib/bpf/xsk.h
"""

from abc import ABC, abstractmethod

from kbview.emulator.datapaths.af_xdp.poll import XskPoll
from kbview.emulator.datapaths.af_xdp.xsk import XskRings
from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.account import POLL_USEFUL
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.tape.events import Mode

_LOOK_PS = 20_000_000  # how long a spin may last while other tasks want the core too


class XskThread(ABC):
    """A thread on a socket. `outstanding` counts frames in TX, in the NIC and in COMPLETION."""

    sends = False

    def __init__(
        self, machine: Machine, core: Core, xsk: XskRings, driver: XskPoll, burst: int
    ) -> None:
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
        """Put the thread on its core."""
        self._core.start(self._task)

    def stop(self) -> None:  # noqa: B027 - only a sender ends
        """Traffic has ended: a receiving thread spins or sleeps on."""

    @abstractmethod
    def _main(self) -> Process:
        """The thread's program."""

    # ---- calls -----------------------------------------------------------------------------

    def _poll(self) -> Process:
        """poll(): wake the driver up, and sleep until RX holds a frame.

        A thread that sends asks for POLLOUT too; TX has room, so the call returns at once.
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

    def _sleep(self) -> Process:
        """poll() of a thread that only receives: sleep until RX holds a frame, without a wake-up."""
        core, xsk = self._core, self._xsk
        core.enter_kernel(self._task, self._enter, "poll")
        core.spend(self._kick)
        if core.now_ps > core.horizon_ps:
            yield
        while not xsk.received:
            yield from xsk.waiters.sleep(core, self._task)
        self._return()

    def _sendto(self) -> Process:
        """sendto(): wakes the driver up in zero-copy mode; in copy mode it sends some frames itself."""
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
        """Wake the driver if it asks for that, and take sent chunks back; nothing if none are out."""
        core, xsk = self._core, self._xsk
        if not self.outstanding:
            return
        if xsk.tx_wants_wakeup:
            yield from self._sendto()
        if core.now_ps > core.horizon_ps:
            yield
        count = min(xsk.completion.filled, self._burst)
        if count:
            xsk.completion.consume(core, count)
            self.outstanding -= count
            yield from self._take_back(count)

    def _take_back(self, count: int) -> Process:
        """Take `count` sent chunks back."""
        return self._give_back(count)

    def _give_back(self, count: int) -> Process:
        core = self._core
        for _ in range(count):
            core.spend(self._give)
        if core.now_ps > core.horizon_ps:
            yield
        self._xsk.fill.produce(core, count)

    def _look_again(self) -> Process:
        """Nothing has come: look at once if that makes a call, else spin."""
        if self.outstanding and self._driver.called_each_look:
            self._core.spend(self._empty)
        else:
            yield from self._spin()

    def _spin(self) -> Process:
        """Empty looks at the rings until another core or another task may have changed them."""
        core = self._core
        wanted = any(task.runnable for task in core.run_queue.tasks if task is not self._task)
        core.spin(self._empty, core.now_ps + _LOOK_PS if wanted else NEVER_PS)
        if core.resting:
            yield
