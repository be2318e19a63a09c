"""The stack behind a NIC without checksum offload, where GRO is off: UDP and TCP sum.

udp_rcv() sums a datagram of up to CHECKSUM_BREAK bytes, or one that no socket takes. A longer datagram
is summed by the read that copies it. TCP sums each segment before it looks at it.
Linux: net/ipv4/udp.c udp4_csum_init(), __udp4_lib_rcv(); net/ipv4/tcp_ipv4.c tcp_checksum_complete()
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.fib import Fib
from kbview.emulator.kernel.net.layers import Ends, FlowPath, ProtocolStack
from kbview.emulator.kernel.net.netfilter import Netfilter
from kbview.emulator.kernel.net.offload import summed_while_copied
from kbview.emulator.kernel.net.taker import Taker
from kbview.emulator.kernel.net.timer import Timers
from kbview.emulator.kernel.skb import SkbCache
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import Place

_SUMMING = (Place.UDP, Place.TCP)


class SummingStack(ProtocolStack):
    """As `ProtocolStack`; the transport sums the packets that reach it."""

    def __init__(
        self,
        machine: Machine,
        skbs: SkbCache,
        below: tuple[str, ...],
        fib: Fib,
        netfilter: Netfilter,
        ends: Ends,
        timers: Timers,
    ) -> None:
        super().__init__(machine, skbs, below, fib, netfilter, ends, timers)
        self._sum = machine.prices.step("skb_checksum")

    def _along(self, core: Core, frame: Frame, way: FlowPath) -> Taker | None:
        if way.end not in _SUMMING or frame.flow.fragment:
            return super()._along(core, frame, way)
        if way.taker is None:
            self._verify(core, frame)  # before it is freed
            return super()._along(core, frame, way)
        taker = super()._along(core, frame, way)
        if not summed_while_copied(frame, gro=False):
            self._verify(core, frame)
        return taker

    def _verify(self, core: Core, frame: Frame) -> None:
        step = self._sum
        core.spend_waiting(step, int(step.ps_per_byte * frame.payload), frame.packet)
