"""The driver's transmit ring for XDP: no queueing discipline, no sk_buff, one doorbell for many.

Each core has its own ring, so there is no lock. A slot holds a page, or an xdp_frame in the headroom of
a page; the completion gives the page back to its receive ring.
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
    """A way to send: `clean` is the step of a completion, `bulk` the number of frames a doorbell.

    `bulk` is 0 where the doorbell is rung only at the end of the poll.
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
    """The action of the XDP program: "drop", "tx", "redirect", "fib"; "" without a program."""
    if settings.app == "drop":
        return "drop" if settings.drop_at in ("driver", "xdp") else ""
    return settings.forward_at.partition("xdp_")[2] if settings.app == "forward" else ""


class XdpSender(TxQueue):
    """The transmit ring of one core. The program's verdict has been paid before `receive`."""

    def __init__(self, machine: Machine, ring: TxRing, skbs: SkbCache, manner: XdpTxMode) -> None:
        super().__init__(machine, ring, skbs, 0)
        self._bulk = manner.bulk
        self._waiting = 0
        self._post = machine.prices.step("xdp_xmit")
        self._return = machine.prices.step(manner.clean)

    @property
    def buffers(self) -> int:
        """0: no frame in the ring has an sk_buff."""
        return 0

    def receive(self, core: Core, frame: Frame) -> None:
        """Write the descriptor of a frame; a full ring drops the frame."""
        if not self.ring.free:
            self._books.drop(core, frame, _XDP, XDP_RING_FULL)
            return
        core.spend(self._post, frame.packet)
        self.ring.post(core, frame, passed_on=True)
        self._waiting += 1
        if self._waiting == self._bulk:
            self.flush(core)

    def flush(self, core: Core) -> None:
        """Ring the doorbell for the posted frames. Yield before if the core is past its horizon."""
        if self._waiting:
            self._waiting = 0
            self._ring_doorbell(core)

    def clean(self, core: Core) -> None:
        """In the poll: give the pages of sent frames back to their ring."""
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
    """A queue before each ring; without a queueing discipline where a driver's XDP program sends."""
    action = xdp_action(settings)
    if not action or xdp_generic:
        return plain_queues(machine, settings.part(QdiscSettings), skbs, rings)
    return TxQueues([XdpSender(machine, ring, skbs, MANNERS[action]) for ring in rings])
