"""Every datapath there is."""

from kbview.emulator.datapath import Datapath
from kbview.emulator.datapaths.af_packet import AfPacket
from kbview.emulator.datapaths.af_xdp import AfXdp
from kbview.emulator.datapaths.dpdk import Dpdk
from kbview.emulator.datapaths.kernel import Kernel
from kbview.emulator.datapaths.kernel_irq import KernelIrq
from kbview.emulator.datapaths.mtcp import Mtcp
from kbview.emulator.datapaths.netmap import Netmap
from kbview.emulator.datapaths.psio import Psio

DATAPATHS: dict[str, type[Datapath]] = {
    each.name: each for each in (Kernel, Dpdk, AfXdp, Netmap, AfPacket, Psio, Mtcp, KernelIrq)
}
