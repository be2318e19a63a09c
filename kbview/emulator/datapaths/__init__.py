"""Every datapath there is."""

from kbview.emulator.datapath import Datapath
from kbview.emulator.datapaths.af_packet.datapath import AfPacket
from kbview.emulator.datapaths.af_xdp.datapath import AfXdp
from kbview.emulator.datapaths.dpdk.datapath import Dpdk
from kbview.emulator.datapaths.dpdk_udp.datapath import DpdkUdp
from kbview.emulator.datapaths.kernel.datapath import Kernel
from kbview.emulator.datapaths.kernel_irq.datapath import KernelIrq
from kbview.emulator.datapaths.mtcp.datapath import Mtcp
from kbview.emulator.datapaths.netmap.datapath import Netmap
from kbview.emulator.datapaths.psio.datapath import Psio

DATAPATHS: dict[str, type[Datapath]] = {
    each.name: each for each in (Kernel, Dpdk, DpdkUdp, AfXdp, Netmap, AfPacket, Psio, Mtcp, KernelIrq)
}
