"""/dev/packet_shader as one thread has it open: chunks of packets, a system call each way.

    ioctl(RECV_CHUNK)  the attached queues in turn --> packets? --> copied into the chunk, return
                              ^                          | none
                              |                          v
                       woken by the softirq      every queue's interrupt on, sleep

While there are packets the thread polls in its own time and interrupts stay off, so it cannot be
starved by them: no livelock. The handler masks the vector and its softirq only wakes the thread.
The engine's ixgbe_main.c, ps_recv_chunk(), ps_send_chunk(), ixgbe_clean_rxonly()
"""

from collections.abc import Generator

from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.psio.engine import PsioQueue
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.emulator.kernel.softirq import Softirqs
from kbview.packet.frame import Frame
from kbview.tape.events import IrqRaised

Frames = Generator[None, None, list[Frame]]


class PsioHandle:
    """A source and sink of batches of frames for one thread, the task `task` on `core`.

    `recv_chunk` sleeps until something has come, `recv_now` does not; `send_chunk` returns how many
    found room, the rest stays the caller's. All are to be driven by `yield from` in the task's program.
    Received frames are the caller's to deliver, drop or send; `last` is the queue that the latest chunk
    came from. `attach` queues before the first call; `wait_anew` when traffic has ended.
    """

    def __init__(self, machine: Machine, core: Core, softirqs: Softirqs) -> None:
        self.core = core
        self.queues: list[PsioQueue] = []
        self.task: Context | None = None
        self.waiters = WaitQueue(machine)
        self._softirq = softirqs.of(core)
        self._recorder = machine.recorder
        self._meters = machine.meters
        self._turn = 0
        step = machine.prices.step
        self._enter, self._exit = step("syscall_enter"), step("syscall_exit")
        self._recv, self._send = step("psio_recv"), step("psio_send")
        self._select = step("psio_select")
        self._hardirq, self._napi_poll = step("hardirq"), step("napi_poll")

    def attach(self, shared: PsioQueue) -> None:
        """ioctl(ATTACH_RX_DEVICE): the queue is this thread's, its interrupt off."""
        queue = shared.queue
        queue.vector = Vector(self.core, lambda core: self._irq_handler(core, shared))
        queue.completes = False
        queue.masked = True
        self.queues.append(shared)

    @property
    def last(self) -> PsioQueue:
        """Where the latest chunk came from."""
        return self.queues[self._turn - 1]

    # ---- system calls ----------------------------------------------------------------------

    def recv_chunk(self, most: int) -> Frames:
        """Wait for packets; up to `most` of one queue."""
        task = self._call(self._recv)
        while not (frames := (yield from self._look(most))):
            for shared in self.queues:
                shared.enable_irq(self.core)  # of what came since it was looked at it tells at once
            yield from self.waiters.sleep(self.core, task)
        self._return(task)
        return frames

    def recv_now(self, most: int) -> Frames:
        """As `recv_chunk`, but with nothing there it comes back with nothing: EWOULDBLOCK."""
        task = self._call(self._recv)
        frames = yield from self._look(most)
        self._return(task)
        return frames

    def send_chunk(
        self, shared: PsioQueue, frames: list[Frame], *, passed_on: bool
    ) -> Generator[None, None, int]:
        """Copy frames into the transmit ring of a queue; returns how many there was room for."""
        core, task = self.core, self._call(self._send)
        if core.now_ps > core.horizon_ps:
            yield
        sent = shared.xmit_batch(core, frames, passed_on=passed_on)
        self._return(task)
        return sent

    def select(self) -> Process:
        """Sleep until a queue has something, or somebody wakes the thread; ps_select()."""
        task = self._call(self._select)
        if self.core.now_ps > self.core.horizon_ps:
            yield
        if all(shared.queue.next_ready_ps() > self.core.now_ps for shared in self.queues):
            for shared in self.queues:
                shared.enable_irq(self.core)
            yield from self.waiters.sleep(self.core, task)
        self._return(task)

    def _look(self, most: int) -> Frames:
        """The queues in turn, beginning behind the one that had something last."""
        core, count = self.core, len(self.queues)
        for offset in range(count):
            at = (self._turn + offset) % count
            if core.now_ps > core.horizon_ps:
                yield
            if frames := self.queues[at].copy_rx_packets(core, most):
                self._turn = at + 1
                return frames
        return []

    def _call(self, step: Step) -> Context:
        task = self.task
        if task is None:
            raise ValueError("no task has this handle open")
        self.core.enter_kernel(task, self._enter, "ioctl")
        self.core.spend(step)
        return task

    def _return(self, task: Context) -> None:
        self.core.spend(self._exit)
        self.core.leave_kernel(task)

    # ---- interrupts ------------------------------------------------------------------------

    def _irq_handler(self, core: Core, shared: PsioQueue) -> None:
        shared.queue.mask(core.now_ps)
        self._meters.interrupts += 1
        if self._recorder.steps:
            self._recorder.emit(IrqRaised(core.now_ps, core.number, shared.queue.number))
        core.spend(self._hardirq)
        self._softirq.napi_schedule(self)

    def poll(self, weight: int) -> Generator[None, None, int]:
        """The driver's poll takes nothing: it wakes the thread, which does."""
        del weight
        core = self._softirq.core
        core.spend(self._napi_poll)
        if core.now_ps > core.horizon_ps:
            yield
        self.waiters.wake(core)
        return 0

    def wait_anew(self) -> None:
        """Traffic has ended: wait for what is there, not for what would have come."""
        for shared in self.queues:
            if not shared.queue.masked:
                shared.queue.unmask(self.core.now_ps)
