"""Every real receiver there is, the ordinary one first."""

from kbview.sources.workers.receiver import Receiver
from kbview.sources.workers.receivers.af_packet import AfPacket
from kbview.sources.workers.receivers.af_xdp import AfXdp
from kbview.sources.workers.receivers.dpdk import DpdkReceiver
from kbview.sources.workers.receivers.kernel import KernelSocket

RECEIVERS: dict[str, type[Receiver]] = {
    each.name: each for each in (KernelSocket, AfPacket, AfXdp, DpdkReceiver)
}
