"""Settings: the `[settings]` of a scenario, all keys in one flat table.

Each key is declared beside the mechanism that reads it; this class puts the declarations together. The
keys of a single datapath come from its folder: a datapath that is removed takes its line here with it.
"""

from dataclasses import dataclass

from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapaths.af_packet.ring import PacketRingSettings
from kbview.emulator.datapaths.af_xdp.xsk import XskSettings
from kbview.emulator.datapaths.dpdk.sleeper import SleeperSettings
from kbview.emulator.datapaths.dpdk_udp.stack_settings import UdpStackSettings
from kbview.emulator.datapaths.kernel_irq.stations import KernelIrqSettings
from kbview.emulator.datapaths.mtcp.io_module import MtcpSettings
from kbview.emulator.datapaths.netmap.queue import NetmapSettings
from kbview.emulator.keys import ScenarioError

__all__ = ["ScenarioError", "Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings(
    KernelIrqSettings,
    MtcpSettings,
    SleeperSettings,
    UdpStackSettings,
    XskSettings,
    NetmapSettings,
    PacketRingSettings,
    CommonSettings,
):
    """All settings of a run. The default of a key is that of the kernel or the driver."""
