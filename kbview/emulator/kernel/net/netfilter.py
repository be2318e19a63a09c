"""Netfilter: rules that drop, and connection tracking before them.

    ring -> sk_buff -> ip_rcv -> raw PREROUTING -> conntrack -> route -> INPUT -> transport

NF_INET_PRE_ROUTING is called at the end of ip_rcv(), after version, lengths and header checksum; the
raw table is its first hook. Conntrack allocates an entry for a packet of an unknown connection. If a
rule drops the packet, the entry is never confirmed and is freed with the packet, so the next packet
allocates another. Packets that the host sends are tracked in LOCAL_OUT, before their route
(call/sender.py). Allocating and freeing both change net->ct.count, a cache line that all cores write.
Linux 4.18: net/netfilter/nf_conntrack_core.c __nf_conntrack_alloc(), nf_conntrack_free()
"""

from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.cost import Step
from kbview.emulator.engine import Process
from kbview.emulator.hardware.contention import SharedLine
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.keys import Keys, meaning
from kbview.emulator.protocol.layer import IP
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_IP = Place.IP

NETFILTER_DROP = DropReason.NETFILTER_DROP


@dataclass(frozen=True, kw_only=True)
class NetfilterSettings(Keys):
    """The packet filter."""

    conntrack: Annotated[bool, meaning("whether connection tracking looks up each packet's flow")] = (
        False
    )


class Netfilter:
    """The rules of one host. At `drop_at` a rule drops every IP packet; "" without a rule."""

    def __init__(self, machine: Machine, skbs: SkbCache, drop_at: str, *, conntrack: bool) -> None:
        self.drop_at = drop_at
        self.drops_raw = drop_at == "raw"
        self.tracks = conntrack and not self.drops_raw  # what raw drops is never tracked
        self.tracked = ("nf_conntrack_in",) if self.tracks else ()
        rules = ("nf_reject",) if drop_at == "reject" else ()
        rest = (*self.tracked, *IP.steps[1:], *rules)
        count = SharedLine(machine.prices)
        self.unconfirmed = Unconfirmed(machine, skbs, count, machine.prices.sequence(*rest))


class Unconfirmed:
    """Takes a packet with an unconfirmed entry; a rule in INPUT drops it, and both are freed."""

    def __init__(self, machine: Machine, skbs: SkbCache, count: SharedLine, rest: Step) -> None:
        self.held = 0
        self._machine = machine
        self._skbs = skbs
        self._count = count
        self._rest = rest

    def receive(self, core: Core, frame: Frame) -> Process:
        """Allocate the entry, look the route up, drop the packet, and free the entry."""
        self._count.write(core, frame.packet)
        core.spend(self._rest, frame.packet)
        if core.now_ps > core.horizon_ps:
            self.held += 1
            yield
            self.held -= 1
        self._count.write(core, frame.packet)
        self._machine.books.drop(core, frame, _IP, NETFILTER_DROP)
        self._skbs.free(core, frame)
