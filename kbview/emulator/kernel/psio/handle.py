"""/dev/packet_shader as a thread has it open: chunks of packets, a system call each way.

    ioctl(RECV_CHUNK)  the attached queues in turn --> packets? --> copied into the chunk, return
                              ^                          | none
                              |                          v
                       woken by the softirq      unmask the vector of each queue, sleep

While packets come the thread polls in its own time and interrupts stay masked, so interrupts cannot
starve it: no livelock. The handler masks the vector, and the softirq only wakes the thread.
The engine's ixgbe_main.c, ps_recv_chunk(), ps_send_chunk(), ixgbe_clean_rxonly()
"""

from collections.abc import Generator

from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.psio.psio_engine import PsioQueue
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.emulator.kernel.softirq import Softirqs
from kbview.packet.frame import Frame

Frames = Generator[None, None, list[Frame]]


class PsioHandle:
    """Batches of frames for a thread, `task` on `core`, from the queues attached to it.

    The calls are generators for `yield from` in the task's program. The caller delivers, drops or sends
    each received frame.
    """

    def __init__(
        self,
        machine: Machine,
        core: Core,
        queues: list[PsioQueue],
        softirqs: Softirqs,
        task: Context,
    ) -> None:
        self.core = core
        self.queues = queues
        self.waiters = WaitQueue(machine)
        self._task = task
        self._softirq = softirqs.of(core)
        self._counts = machine.counts
        self._turn = 0
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._recv, self._send = step("psio_recv"), step("psio_send")
        self._select = step("psio_select")
        self._hardirq, self._napi_poll = step("hardirq"), step("napi_poll")
        for shared in queues:
            self._attach(shared)

    def _attach(self, shared: PsioQueue) -> None:
        """ioctl(ATTACH_RX_DEVICE): the queue belongs to this thread, its interrupt masked."""
        vector = Vector(self.core, lambda core: self._irq_handler(core, shared))
        shared.queue.request_irq(vector, completes=False)

    @property
    def last(self) -> PsioQueue:
        """The queue of the latest chunk."""
        return self.queues[self._turn - 1]

    # ---- system calls ----------------------------------------------------------------------

    def recv_chunk(self, most: int) -> Frames:
        """Up to `most` packets of a queue; sleeps until there are any."""
        self._call(self._recv)
        while not (frames := (yield from self._look(most))):
            for shared in self.queues:
                shared.enable_irq(self.core)  # a packet that came after the look raises it at once
            yield from self.waiters.sleep(self.core, self._task)
        self._return()
        return frames

    def recv_now(self, most: int) -> Frames:
        """As `recv_chunk` without the sleep: an empty list where there is no packet, EWOULDBLOCK."""
        self._call(self._recv)
        frames = yield from self._look(most)
        self._return()
        return frames

    def send_chunk(
        self, shared: PsioQueue, frames: list[Frame], *, passed_on: bool
    ) -> Generator[None, None, int]:
        """Copy frames into the transmit ring of a queue; returns how many frames had room."""
        core = self.core
        self._call(self._send)
        if core.now_ps > core.horizon_ps:
            yield
        sent = shared.xmit_batch(core, frames, passed_on=passed_on)
        self._return()
        return sent

    def select(self) -> Process:
        """ps_select(): sleep until a queue has a packet, or another context wakes the thread."""
        self._call(self._select)
        if self.core.now_ps > self.core.horizon_ps:
            yield
        if all(shared.queue.next_ready_ps() > self.core.now_ps for shared in self.queues):
            for shared in self.queues:
                shared.enable_irq(self.core)
            yield from self.waiters.sleep(self.core, self._task)
        self._return()

    def _look(self, most: int) -> Frames:
        """The queues in turn, beginning behind the queue of the latest chunk."""
        core, count = self.core, len(self.queues)
        for offset in range(count):
            at = (self._turn + offset) % count
            if core.now_ps > core.horizon_ps:
                yield
            if frames := self.queues[at].copy_rx_packets(core, most):
                self._turn = at + 1
                return frames
        return []

    def _call(self, step: Step) -> None:
        self.core.enter_kernel(self._task, self._enter, "ioctl")
        self.core.spend(step)

    def _return(self) -> None:
        self.core.spend(self._exit)
        self.core.leave_kernel(self._task)

    # ---- interrupts ------------------------------------------------------------------------

    def _irq_handler(self, core: Core, shared: PsioQueue) -> None:
        shared.queue.mask()
        self._counts.interrupt(core, shared.queue)
        core.spend(self._hardirq)
        self._softirq.napi_schedule(self)

    def poll(self, _weight: int) -> Generator[None, None, int]:
        """The driver's poll takes no packet: it wakes the thread. Returns 0, so NAPI completes."""
        core = self._softirq.core
        core.spend(self._napi_poll)
        if core.now_ps > core.horizon_ps:
            yield
        self.waiters.wake(core)
        return 0

    def wait_anew(self) -> None:
        """Traffic has ended: wait for packets in the rings, not for further arrivals."""
        for shared in self.queues:
            if not shared.queue.masked:
                shared.queue.unmask(self.core.now_ps)
