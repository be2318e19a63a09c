"""GRO behind a NIC without checksum offload: it sums each packet of UDP and TCP (net/offload.py).

Linux: net/core/gro.c __skb_gro_checksum_complete(), called by udp4_gro_receive(), tcp4_gro_receive()
"""

from collections.abc import Callable

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.device.gro import Gro
from kbview.emulator.kernel.net.taker import Taker
from kbview.packet.frame import Frame, Protocol

_UDP = Protocol.UDP
_TCP = Protocol.TCP


class SummingGro(Gro):
    """As `Gro`; no packet goes up unsummed, except fragments."""

    def __init__(
        self,
        machine: Machine,
        receive_merged: Callable[[Core, Frame], Taker | None],
        *,
        udp: bool = False,
        hz: int = 250,
    ) -> None:
        super().__init__(machine, receive_merged, udp=udp, hz=hz)
        self._merges_udp = udp
        self._sum = machine.prices.step("gro_checksum")

    def wants(self, frame: Frame) -> bool:
        """Whether GRO sums a packet: each whole one."""
        protocol = frame.flow.protocol
        return (protocol is _UDP or protocol is _TCP) and not frame.fault and not frame.flow.fragment

    def receive(self, core: Core, frame: Frame) -> bool:
        """Sum a packet, then as `Gro.receive`; True if `up` has to be emptied now."""
        step = self._sum
        core.spend_waiting(step, int(step.ps_per_byte * frame.payload), frame.packet)
        if frame.flow.protocol is _TCP or self._merges_udp:
            return super().receive(core, frame)
        self.held += 1
        self.buffers += 1
        self._pass(frame)
        return True
