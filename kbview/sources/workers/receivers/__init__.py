"""Every real receiver there is, the ordinary one first."""

from kbview.sources.workers.receiver import ReceiverWorker
from kbview.sources.workers.receivers.af_packet import AfPacketReceiver
from kbview.sources.workers.receivers.af_xdp import AfXdpReceiver
from kbview.sources.workers.receivers.dpdk import DpdkReceiver
from kbview.sources.workers.receivers.kernel import KernelSocket

RECEIVERS: dict[str, type[ReceiverWorker]] = {
    each.name: each for each in (KernelSocket, AfPacketReceiver, AfXdpReceiver, DpdkReceiver)
}
