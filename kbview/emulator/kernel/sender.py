"""sendto(): into the kernel, copy, build an sk_buff, down through UDP and IP to the device.

A UDP socket's send buffer is not modelled: what limits a sender are the qdisc and the ring.
Linux: net/ipv4/udp.c udp_sendmsg(), net/ipv4/ip_output.c ip_make_skb()
"""

from kbview.emulator.application import Answers
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import truesize
from kbview.emulator.kernel.softirq import Softirq
from kbview.emulator.kernel.xmit import TxQueues
from kbview.packet.frame import Frame
from kbview.tape.events import Copied, SkbAllocated


class Sender:
    """How one thread sends datagrams."""

    def __init__(self, machine: Machine, queues: TxQueues) -> None:
        self.softirq: Softirq | None = None  # of its core
        self.in_hand = 0  # sk_buffs built and not yet given to the device
        self._meters = machine.meters
        self._recorder = machine.recorder
        self._queues = queues
        self._answers = Answers()
        prices = machine.prices
        self._enter = prices.step("syscall_enter")
        self._send = prices.sequence("socket_send", "copy_from_user", "ip_output", "dev_queue_xmit")
        self._exit = prices.step("syscall_exit")

    def answer(self, core: Core, task: Context, frame: Frame, payload: int) -> Process:
        """Send `payload` bytes back to who sent this frame."""
        core.enter_kernel(task, self._enter, "sendto")
        out = self._answers.answer(frame, payload, core.now_ps)
        core.spend_copying(self._send, payload, out.packet)
        self._count(core, out)
        self.in_hand += 1
        if core.now_ps > core.horizon_ps:
            yield  # other cores may be sending through the same ring
        self.in_hand -= 1
        self._queues.of(core).xmit(core, out, passed_on=False)
        if self.softirq is not None and self.softirq.local_bh_enable():
            yield  # rcu_read_unlock_bh() at the end of __dev_queue_xmit()
        core.spend(self._exit)
        core.leave_kernel(task)

    def _count(self, core: Core, out: Frame) -> None:
        meters = self._meters
        meters.allocations += 1
        meters.copies += 1
        meters.copied_bytes += out.payload
        if self._recorder.steps:
            emit, now_ps, cpu = self._recorder.emit, core.now_ps, core.number
            emit(SkbAllocated(now_ps, cpu, out.packet, truesize(out.length)))
            emit(Copied(now_ps, cpu, out.packet, "from_user", out.payload))
