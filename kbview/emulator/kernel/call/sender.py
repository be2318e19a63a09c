"""sendto(): into the kernel, copy, build an sk_buff, down through UDP and IP to the device.

A generator's socket has a send buffer, and its thread waits for room in the buffer. The send buffer
of a socket that only answers is not modelled: the qdisc and the ring limit it. The caller does not
learn of a drop in the qdisc: udp_send_skb() turns ENOBUFS into success unless IP_RECVERR is set.
Linux: net/ipv4/udp.c udp_sendmsg(), net/ipv4/ip_output.c ip_make_skb()
"""

from kbview.emulator.application import Answers
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.kernel.send.xmit import TxQueues
from kbview.emulator.kernel.skb import truesize
from kbview.emulator.kernel.socket.send_buffer import SendBuffer
from kbview.emulator.kernel.softirq import Softirq
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import CopyKind

# Enum members that a packet needs: a look-up in the class costs more than a call.
_FROM_USER = CopyKind.FROM_USER

SEND = ("socket_send", "sock_alloc_send_skb", "copy_from_user", "udp_send_skb")
OUT = ("ip_output", "dev_queue_xmit")


class SocketSender:
    """The sending calls of one thread. `work` is the application's own step.

    `softirq` is that of the thread's core, if the core has one. `tracked` are the steps of conntrack at
    NF_INET_LOCAL_OUT, none where it is off. `buffer` is the socket's send buffer, None where the socket
    only answers.
    """

    def __init__(
        self,
        machine: Machine,
        queues: TxQueues,
        softirq: Softirq | None,
        tracked: tuple[str, ...] = (),
        buffer: SendBuffer | None = None,
    ) -> None:
        self.softirq = softirq
        self.buffer = buffer
        self.in_hand = 0  # sk_buffs built and not yet given to the device
        self._counts = machine.counts
        self._queues = queues
        self._answers = Answers()
        prices = machine.prices
        self.work = prices.step("app_work")
        self._enter = prices.step("syscall_enter")
        self._send = prices.sequence(*SEND, *tracked, *OUT)
        self._exit = prices.step("syscall_exit")

    def answer(self, core: Core, task: Context, frame: Frame, payload: int) -> Process:
        """Send `payload` bytes back to the sender of `frame`."""
        core.enter_kernel(task, self._enter, "sendto")
        out = self._answers.answer(frame, payload, core.now_ps)
        return self._down(core, task, out)

    def send(self, core: Core, task: Context, out: Frame) -> Process:
        """Send a datagram, once the send buffer has room for it."""
        core.enter_kernel(task, self._enter, "sendto")
        if core.now_ps > core.horizon_ps:
            yield  # a softirq may be freeing what was sent
        buffer = self.buffer
        while buffer is not None and buffer.full:
            yield from buffer.waiters.sleep(core, task)
        yield from self._down(core, task, out)

    def _down(self, core: Core, task: Context, out: Frame) -> Process:
        """Take a datagram through the layers to the device, and return to user mode."""
        core.spend_copying(self._send, out.payload, out.packet)
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
        buffer = self.buffer
        size = truesize(out.length) if buffer is None else buffer.charge(core, out)
        self._counts.skb_allocated(core, out.packet, size)
        self._counts.copied(core, out.packet, _FROM_USER, out.payload)
