"""The application's thread on an AF_XDP socket: it spins on the RX ring and gives chunks back.

    RX ring: a batch --> work --> chunk to FILL (or to TX, and from COMPLETION to FILL)
       | empty
       v
    need_wakeup and the driver has stopped? --> poll() or sendto(): a system call that starts it
       | no
       v
    look again

Linux: samples/bpf/xdpsock_user.c
"""

from kbview.emulator.engine import NEVER_PS, Process
from kbview.emulator.hardware.core import POLL_USEFUL, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.xsk import Xsk
from kbview.emulator.kernel.xsk_poll import XskPoll
from kbview.emulator.work import Work
from kbview.packet.frame import Frame
from kbview.tape.events import BurstReceived, Mode

_LOOK_PS = 20_000_000  # how long a spin may last while other tasks want the core too


class XskThread:
    """One thread on one socket. It never sleeps."""

    def __init__(
        self, machine: Machine, core: Core, xsk: Xsk, driver: XskPoll, work: Work, burst: int
    ) -> None:
        self._machine = machine
        self._core = core
        self._xsk = xsk
        self._driver = driver
        self._work = work
        self._burst = burst
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

    def _main(self) -> Process:
        core, xsk = self._core, self._xsk
        while True:
            if core.now_ps > core.horizon_ps:
                yield
            self._collect(core)
            if xsk.wants_wakeup and xsk.fill.filled:
                yield from self._call(core, "poll")
            if not xsk.received:
                yield from self._spin(core)
                continue
            frames = self._take(core)
            outgoing = self._work.take(core, frames)
            xsk.in_hand = len(outgoing) if self._work.passes_on else 0
            if core.now_ps > core.horizon_ps:
                yield
            self._give_back(core, len(frames) - len(outgoing))
            if outgoing:
                yield from self._send(core, outgoing)

    def _take(self, core: Core) -> list[Frame]:
        """A batch from the RX ring."""
        xsk, meters = self._xsk, self._machine.meters
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

    def _give_back(self, core: Core, count: int) -> None:
        for _ in range(count):
            core.spend(self._give)
        self._xsk.fill.produce(core, count)

    def _collect(self, core: Core) -> None:
        """Chunks that were sent go back to the FILL ring."""
        count = self._xsk.completion.filled
        if count:
            self._xsk.completion.consume(core, count)
            self._give_back(core, count)

    def _send(self, core: Core, frames: list[Frame]) -> Process:
        """Into the TX ring, and a system call that makes the driver look there."""
        xsk, books = self._xsk, self._machine.books
        count = min(len(frames), xsk.tx.room)
        xsk.to_send.extend(frames[:count])
        xsk.tx.produce(core, count)
        xsk.in_hand = 0
        for frame in frames[count:]:
            books.give_up(core, frame, "xsk tx", "TX_RING_FULL", self._work.passes_on)
        self._give_back(core, len(frames) - count)
        yield from self._call(core, "sendto")

    def _call(self, core: Core, name: str) -> Process:
        core.enter_kernel(self._task, self._enter, name)
        core.spend(self._kick)
        if core.now_ps > core.horizon_ps:
            yield
        self._driver.wake_up(core)
        core.spend(self._exit)
        core.leave_kernel(self._task)
        core.account = POLL_USEFUL

    def _spin(self, core: Core) -> Process:
        """Look at the empty RX ring until something may have come."""
        wanted = any(task.runnable for task in core.tasks if task is not self._task)
        core.spin(self._empty, core.now_ps + _LOOK_PS if wanted else NEVER_PS)
        if core.resting:
            yield
