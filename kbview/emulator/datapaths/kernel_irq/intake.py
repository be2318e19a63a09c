"""One packet at a time from a driver's buffer to who is to have it: skb, layers, socket or queue."""

from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.defrag import Defrag
from kbview.emulator.kernel.net.layers import Stack
from kbview.emulator.kernel.net.netfilter import Unconfirmed
from kbview.emulator.kernel.net.tcp import Tcp
from kbview.emulator.kernel.skb import truesize
from kbview.packet.frame import Frame

ALLOCATE = ("skb_alloc",)  # what the stack's prices begin with


class Intake:
    """The way up on one core. `in_hand`: a packet is on it."""

    def __init__(self, machine: Machine, stack: Stack) -> None:
        self.in_hand = False
        self._stack = stack
        self._counts = machine.counts

    def receive(self, core: Core, frame: Frame) -> Process:
        """Allocate an sk_buff and take it as far as it comes; yield before what others share."""
        self._counts.skb_allocated(core, frame.packet, truesize(frame.length))
        taker = self._stack.netif_receive_skb(core, frame)
        self.in_hand = taker is not None
        if core.now_ps > core.horizon_ps:
            yield
        self.in_hand = False
        if isinstance(taker, (Tcp, Defrag, Unconfirmed)):
            yield from self._stack.hand_over(core, frame, taker)
        elif taker is not None:
            taker.queue_rcv(core, frame)
