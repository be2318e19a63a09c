"""Builds the parts of one lcore of a UDP stack, from its ports upwards."""

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.bypass.mempool import MempoolCache
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapaths.dpdk_udp.fragments import UserDefrag
from kbview.emulator.datapaths.dpdk_udp.port_queue import PortQueues
from kbview.emulator.datapaths.dpdk_udp.port_unreachable import PortUnreachable
from kbview.emulator.datapaths.dpdk_udp.socket_calls import SocketCalls
from kbview.emulator.datapaths.dpdk_udp.stack_settings import UdpStackSettings
from kbview.emulator.datapaths.dpdk_udp.udp_input import UdpInput
from kbview.emulator.datapaths.dpdk_udp.udp_lcore import UdpLcore
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.host import Host
from kbview.emulator.protocol.tcp.parameters import TcpSettings


class UdpHost:
    """The stack of a host: its settings, and the parts that all its lcores share."""

    def __init__(self, machine: Machine, host: Host, settings: CommonSettings) -> None:
        self._machine = machine
        self._host = host
        self._settings = settings
        self._stack = settings.part(UdpStackSettings)
        answers = self._stack.udp_closed == "icmp"
        self._unreachable = PortUnreachable(machine.packets) if answers else None

    def lcore(self, core: Core, ports: list[PortQueue], mbufs: MempoolCache) -> UdpLcore:
        """The thread of a core, with its sockets, its stack and its application."""
        machine, stack, defrag = self._machine, self._stack, None
        queues = self._queues(core)
        if stack.udp_fragments == "reassemble":
            defrag = UserDefrag(machine, core)
        checksum = machine.prices.step("user_udp_checksum") if stack.udp_checksum == "cpu" else None
        way_up = UdpInput(machine, core, self._host, queues, defrag, self._unreachable, checksum)
        app = APPLICATIONS[self._settings.app](machine)
        calls = SocketCalls(machine, core, app, stack, queues, way_up)
        return UdpLcore(core, ports, mbufs, queues, way_up, calls)

    def _queues(self, core: Core) -> PortQueues:
        settings = self._settings
        closed = frozenset(settings.part(TcpSettings).closed_ports)
        suffix = f" #{core.number}" if settings.queue_cores > 1 else ""
        return PortQueues(core, self._machine.counts, closed, self._stack.udp_queue, suffix)
