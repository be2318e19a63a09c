"""Every datapath there is."""

from kbview.emulator.datapath import Datapath
from kbview.emulator.datapaths.dpdk import Dpdk
from kbview.emulator.datapaths.kernel import Kernel

DATAPATHS: dict[str, type[Datapath]] = {each.name: each for each in (Kernel, Dpdk)}
