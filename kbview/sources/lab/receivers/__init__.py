"""Every real receiver there is, the ordinary one first."""

from kbview.sources.lab.receiver import Receiver
from kbview.sources.lab.receivers.af_packet import AfPacket
from kbview.sources.lab.receivers.af_xdp import AfXdp
from kbview.sources.lab.receivers.dpdk import Dpdk
from kbview.sources.lab.receivers.kernel import KernelSocket

RECEIVERS: dict[str, type[Receiver]] = {
    each.name: each for each in (KernelSocket, AfPacket, AfXdp, Dpdk)
}
