"""The end of a read: all parts of an sk_buff are freed."""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import skbs
from kbview.packet.frame import Frame, Merged, Protocol, parts

_UDP = Protocol.UDP


class Remains:
    """Frees the parts of an sk_buff behind its first record, which the step of the read has freed.

    frag_list   fragments of a datagram, and packets that found no room among merged buffers: an sk_buff
                each
    frags       buffers of packets that GRO merged: a reference each

    Linux: net/core/skbuff.c skb_release_data(), net/ipv4/udp.c udp_cmsg_recv()
    """

    def __init__(self, machine: Machine) -> None:
        self._free = machine.prices.step("skb_free")
        self._unref = machine.prices.step("skb_frag_unref")
        self._cmsg = machine.prices.step("udp_gro_cmsg")

    def free(self, core: Core, frame: Frame) -> None:
        """Free all parts but the first; the caller counts them."""
        for _ in skbs(frame)[1:]:
            core.spend(self._free, frame.packet)
        if isinstance(frame.inner, Merged):
            self._unmerge(core, frame)

    def _unmerge(self, core: Core, frame: Frame) -> None:
        """Tell the application where datagrams end, and give the buffers of merged packets back."""
        if frame.flow.protocol is _UDP:
            core.spend(self._cmsg, frame.packet)
        for _ in range(len(parts(frame)) - len(skbs(frame))):
            core.spend(self._unref, frame.packet)
