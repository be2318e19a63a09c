"""Generic XDP: the program runs in netif_receive_skb(), after the driver has built the sk_buff.

It works with any driver and saves only the stack. Linux: net/core/dev.c do_xdp_generic()
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.send.xdp_tx import XDP_RING_FULL
from kbview.emulator.kernel.send.xmit import TxQueues
from kbview.emulator.kernel.skb import SkbCache
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_XDP = DropReason.XDP

XDP = Place.XDP  # the layer that the drops of a program are counted at


class GenericXdp:
    """The program in netif_receive_skb: it drops each packet, or sends it (`sends` is not None)."""

    steps = ("xdp_program",)

    def __init__(self, machine: Machine, skbs: SkbCache, sends: TxQueues | None) -> None:
        self._machine = machine
        self._skbs = skbs
        self._sends = sends

    def receive(self, core: Core, frame: Frame) -> None:
        """Run the program on a packet. Sending passes the qdisc by, so a full ring drops the packet."""
        action = "drop" if self._sends is None else "tx"
        self._machine.counts.xdp_ran(core, frame.packet, action)
        queue = self._sends.of(core) if self._sends is not None else None
        if queue is not None and queue.ring.free:
            queue.xmit(core, frame, passed_on=True)
            return
        self._machine.books.drop(core, frame, XDP, _XDP if queue is None else XDP_RING_FULL)
        self._skbs.free(core, frame)
