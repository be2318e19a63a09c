"""What a read gives back of an sk_buff beyond its first record, whose free is a part of the read.

    frag_list   fragments of a datagram, and what found no room among merged buffers: an sk_buff each
    frags       buffers of packets that GRO merged: a reference each

Linux: net/core/skbuff.c skb_release_data(), net/ipv4/udp.c udp_cmsg_recv()
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import skbs
from kbview.packet.frame import Frame, Merged, Protocol, parts


class Remains:
    """Frees them, and pays."""

    def __init__(self, machine: Machine) -> None:
        self._free = machine.prices.step("skb_free")
        self._unref = machine.prices.step("skb_frag_unref")
        self._cmsg = machine.prices.step("udp_gro_cmsg")

    def free(self, core: Core, frame: Frame) -> None:
        """Pay for all but the first; the caller counts them."""
        for _ in skbs(frame)[1:]:
            core.spend(self._free, frame.packet)
        if isinstance(frame.inner, Merged):
            self._unmerge(core, frame)

    def _unmerge(self, core: Core, frame: Frame) -> None:
        """The application learns where datagrams end; buffers of merged packets are given back."""
        if frame.flow.protocol is Protocol.UDP:
            core.spend(self._cmsg, frame.packet)
        for _ in range(len(parts(frame)) - len(skbs(frame))):
            core.spend(self._unref, frame.packet)
