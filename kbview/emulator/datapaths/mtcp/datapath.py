"""mTCP: TCP in user space. Frames in bursts, events and jobs in batches; calls are functions.

lecture, station, function, file

3.1    wire        Nic.load                   hardware/nic.py
3.1    NIC         Port.sort                  hardware/nic.py
3.1    rx ring     RxRing.claim               hardware/ring.py
5.1.1  rx_burst    PortQueue.rx_burst         bypass/pmd.py
5.2    TCP thread  StreamTable.deliver        datapaths/mtcp/stream_table.py
5.2    events      EventQueue.flush           datapaths/mtcp/queues.py
5.2    futex       Condition.signal           datapaths/mtcp/condition.py
5.2    read        AppThread._receive         datapaths/mtcp/app_thread.py
5.2    app         AppThread._receive         datapaths/mtcp/app_thread.py
5.2    jobs        ConnectionTable.work       datapaths/mtcp/connection_table.py
5.2    jobs        Output.write               datapaths/mtcp/output.py
-      tx ring     TxRing.doorbell            hardware/tx.py
-      cells       RxRing.claim               hardware/ring.py
-      irq         PsioHandle._irq_handler    kernel/psio/handle.py
-      softirq     PsioHandle.poll            kernel/psio/handle.py
-      ioctl       PsioHandle.recv_chunk      kernel/psio/handle.py
-      copy        PsioQueue.copy_rx_packets  kernel/psio/psio_engine.py
-      send        PsioQueue.xmit_batch       kernel/psio/psio_engine.py
"""

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, Datapath, WayRow
from kbview.emulator.datapaths.mtcp.dpdk_module import DpdkModule
from kbview.emulator.datapaths.mtcp.io_module import MtcpSettings
from kbview.emulator.datapaths.mtcp.psio_module import PsioModule
from kbview.emulator.datapaths.mtcp.stations import ON_DPDK, ON_PSIO
from kbview.emulator.datapaths.mtcp.thread_pair import ThreadPair
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.protocol.host import Host
from kbview.emulator.protocol.tcp.replayed_acks import ReplayedAcks
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.station import Station

WAY = (
    *ARRIVAL,
    WayRow("5.1.1", "rx_burst", "PortQueue.rx_burst", "bypass/pmd.py"),
    WayRow("5.2", "TCP thread", "StreamTable.deliver", "datapaths/mtcp/stream_table.py"),
    WayRow("5.2", "events", "EventQueue.flush", "datapaths/mtcp/queues.py"),
    WayRow("5.2", "futex", "Condition.signal", "datapaths/mtcp/condition.py"),
    WayRow("5.2", "read", "AppThread._receive", "datapaths/mtcp/app_thread.py"),
    WayRow("5.2", "app", "AppThread._receive", "datapaths/mtcp/app_thread.py"),
    WayRow("5.2", "jobs", "ConnectionTable.work", "datapaths/mtcp/connection_table.py"),
    WayRow("5.2", "jobs", "Output.write", "datapaths/mtcp/output.py"),
    DEPARTURE,
    WayRow("-", "cells", "RxRing.claim", "hardware/ring.py"),
    WayRow("-", "irq", "PsioHandle._irq_handler", "kernel/psio/handle.py"),
    WayRow("-", "softirq", "PsioHandle.poll", "kernel/psio/handle.py"),
    WayRow("-", "ioctl", "PsioHandle.recv_chunk", "kernel/psio/handle.py"),
    WayRow("-", "copy", "PsioQueue.copy_rx_packets", "kernel/psio/psio_engine.py"),
    WayRow("-", "send", "PsioQueue.xmit_batch", "kernel/psio/psio_engine.py"),
)


class Mtcp(Datapath):
    """A TCP thread and an application thread on each core; cores share nothing."""

    name = "mtcp"
    summary = (
        "TCP in user space: bursts, two copies, events and jobs in batches; no system call a packet"
    )
    way = WAY
    stations = ON_DPDK
    compressed_completions = True  # mlx5: rxq_cqe_comp_en
    page = "2M"
    serves = ("sink", "echo", "http")
    speaks_tcp = True
    takes_datagrams = False
    reading = ("E. Jeong et al., mTCP, NSDI 2014", "github.com/mtcp-stack/mtcp")

    def __init__(self, machine: Machine, settings: CommonSettings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._host = host
        self._app = APPLICATIONS[settings.app](machine)
        self._pairs: list[ThreadPair] = []

    def start(self) -> None:
        machine, settings, acks = self._machine, self._settings, ReplayedAcks()
        own = settings.part(MtcpSettings)
        module = self._module(machine.open_nic(settings))
        if own.replay_acks and machine.peer is None:
            machine.nic.replay(acks.hear)
        for core in machine.cores:
            if queues := machine.queues_of(core):
                pair = ThreadPair(machine, core, queues, module, self._host, self._app, own, acks)
                self._pairs.append(pair)

    def _module(self, tx_rings: list[TxRing]) -> DpdkModule | PsioModule:
        machine, settings = self._machine, self._settings
        if settings.part(MtcpSettings).mtcp_io == "psio":
            return PsioModule(machine, settings, tx_rings)
        return DpdkModule(machine, settings, settings.page or self.page, tx_rings)

    def path(self) -> tuple[Station, ...]:
        return ON_PSIO if self._settings.part(MtcpSettings).mtcp_io == "psio" else ON_DPDK

    def finish(self) -> None:
        for pair in self._pairs:
            pair.tcp.wait_anew()

    def abandon(self) -> None:
        for pair in self._pairs:
            pair.streams.abandon()

    def plans_ps(self) -> int:
        return min((pair.tcp.due_ps for pair in self._pairs), default=NEVER_PS)

    def held(self) -> int:
        return sum(pair.streams.held for pair in self._pairs)

    def rings(self) -> list[RingMeter]:
        return [ring for pair in self._pairs for ring in pair.streams.rings()]

    def sockets(self) -> dict[str, SocketMeter]:
        return {name: meter for pair in self._pairs for name, meter in pair.streams.meters().items()}
