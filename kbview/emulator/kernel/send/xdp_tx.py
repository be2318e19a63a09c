"""The driver's transmit ring for XDP: no queueing discipline, no sk_buff, one doorbell for many.

A ring of its own for each core, so nothing is locked. What is sent is a page, or an xdp_frame written
into the headroom of one; the completion gives it back to the ring that it came from.
Linux: drivers/net/ethernet/mellanox/mlx5/core/en/xdp.c, kernel/bpf/devmap.c
"""

from typing import NamedTuple

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.kernel.send.xmit import QdiscSettings, TxQueue, TxQueues, plain_queues
from kbview.emulator.kernel.skb import SkbCache
from kbview.packet.frame import Frame
from kbview.tape.vocabulary import DropReason, Place

# Enum members that a packet needs: a look-up in the class costs more than a call.
_XDP = Place.XDP

XDP_RING_FULL = DropReason.XDP_RING_FULL
DEV_MAP_BULK_SIZE = 16


class XdpTxMode(NamedTuple):
    """How a verdict sends: what a completion takes, and after how many frames the doorbell is rung.

    `bulk` of 0: only at the end of the poll.
    """

    clean: str
    bulk: int


_REDIRECT = XdpTxMode("xdp_return_frame", DEV_MAP_BULK_SIZE)
MANNERS = {
    "drop": XdpTxMode("xdp_tx_clean", 0),  # nothing is sent
    "tx": XdpTxMode("xdp_tx_clean", 0),
    "redirect": _REDIRECT,
    "fib": _REDIRECT,
}


def xdp_action(settings: ApplicationSettings) -> str:
    """What an XDP program does with each frame: "drop", "tx", "redirect", "fib"; "" without one."""
    if settings.app == "drop":
        return "drop" if settings.drop_at in ("driver", "xdp") else ""
    return settings.forward_at.partition("xdp_")[2] if settings.app == "forward" else ""


class XdpSender(TxQueue):
    """One of them. A frame's post is paid here, the verdict before."""

    def __init__(self, machine: Machine, ring: TxRing, skbs: SkbCache, manner: XdpTxMode) -> None:
        super().__init__(machine, ring, skbs, 0)
        self._bulk = manner.bulk
        self._waiting = 0
        self._post = machine.prices.step("xdp_xmit")
        self._return = machine.prices.step(manner.clean)

    @property
    def buffers(self) -> int:
        """sk_buffs: none."""
        return 0

    def receive(self, core: Core, frame: Frame) -> None:
        """Write its descriptor, or drop it: nobody waits for a ring here."""
        if not self.ring.free:
            self._books.drop(core, frame, _XDP, XDP_RING_FULL)
            return
        core.spend(self._post, frame.packet)
        self.ring.post(core, frame, passed_on=True)
        self._waiting += 1
        if self._waiting == self._bulk:
            self.flush(core)

    def flush(self, core: Core) -> None:
        """Tell the NIC what was posted. Yield before if the core is past its horizon."""
        if self._waiting:
            self._waiting = 0
            self._ring_doorbell(core)

    def clean(self, core: Core) -> None:
        """In the poll: what was sent goes back to its ring."""
        for gone in self.ring.clean(core.now_ps, self.ring.size):
            core.spend(self._return, gone.frame.packet)


def device_queues(
    machine: Machine,
    settings: ApplicationSettings,
    skbs: SkbCache,
    rings: list[TxRing],
    *,
    xdp_generic: bool,
) -> TxQueues:
    """A queue before each ring: without a queueing discipline where a driver's XDP program sends."""
    action = xdp_action(settings)
    if not action or xdp_generic:
        return plain_queues(machine, settings.part(QdiscSettings), skbs, rings)
    return TxQueues([XdpSender(machine, ring, skbs, MANNERS[action]) for ring in rings])
