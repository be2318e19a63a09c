"""UDP in user space: the work of the kernel's sockets, done by a library above a poll-mode driver.

lecture, station, function, file

3.1    wire        Nic.load               hardware/nic.py
3.1    NIC         Port.sort              hardware/nic.py
3.1    rx ring     RxRing.claim           hardware/ring.py
5.1.1  rx_burst    PortQueue.rx_burst     bypass/pmd.py
5.2    UDP/IP      UdpInput.receive       datapaths/dpdk_udp/udp_input.py
5.2    port queue  PortQueues.enqueue     datapaths/dpdk_udp/port_queue.py
5.2    recv        SocketCalls._recvfrom  datapaths/dpdk_udp/socket_calls.py
5.2    app         SocketCalls._serve     datapaths/dpdk_udp/socket_calls.py
5.2    send        SocketCalls._sendto    datapaths/dpdk_udp/socket_calls.py
5.1.1  tx_burst    PortQueue.tx_burst     bypass/pmd.py
-      tx ring     TxRing.doorbell        hardware/tx.py
"""

from kbview.emulator.application import Production
from kbview.emulator.bypass.mempool import Mempool, MempoolCache, in_rings
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.bypass.tx_only import TxOnlyLcore
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, Datapath, WayRow
from kbview.emulator.datapaths.dpdk_udp.lcores import UdpHost
from kbview.emulator.datapaths.dpdk_udp.stack_settings import (
    UdpStackSettings,
    generated,
    stack_pool_size,
)
from kbview.emulator.datapaths.dpdk_udp.stations import APP, ARRIVING, LEAVING, RECEIVING
from kbview.emulator.datapaths.dpdk_udp.udp_lcore import UdpLcore
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.station import Station

WAY = (
    *ARRIVAL,
    WayRow("5.1.1", "rx_burst", "PortQueue.rx_burst", "bypass/pmd.py"),
    WayRow("5.2", "UDP/IP", "UdpInput.receive", "datapaths/dpdk_udp/udp_input.py"),
    WayRow("5.2", "port queue", "PortQueues.enqueue", "datapaths/dpdk_udp/port_queue.py"),
    WayRow("5.2", "recv", "SocketCalls._recvfrom", "datapaths/dpdk_udp/socket_calls.py"),
    WayRow("5.2", "app", "SocketCalls._serve", "datapaths/dpdk_udp/socket_calls.py"),
    WayRow("5.2", "send", "SocketCalls._sendto", "datapaths/dpdk_udp/socket_calls.py"),
    WayRow("5.1.1", "tx_burst", "PortQueue.tx_burst", "bypass/pmd.py"),
    DEPARTURE,
)
SENDING = ("echo", "generate")


class DpdkUdp(Datapath):
    """A stack and an application on each lcore; lcores share the mempool and no socket."""

    name = "dpdk-udp"
    summary = "UDP sockets in user space over DPDK: headers checked, ports found, recvfrom() a function"
    way = WAY
    stations = RECEIVING
    compressed_completions = True  # mlx5: rxq_cqe_comp_en
    page = "2M"
    serves = ("sink", "echo", "generate")
    reading = (
        "I. Zhang et al., The Demikernel Datapath OS Architecture, SOSP 2021",
        "J. Fried et al., Caladan, OSDI 2020: github.com/shenango/caladan, runtime/net",
        "F-Stack: github.com/F-Stack/f-stack",
    )

    def __init__(self, machine: Machine, settings: CommonSettings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._host = host
        self._generates = settings.app == "generate"
        stack = settings.part(UdpStackSettings)
        self._answers_closed = stack.udp_closed == "icmp" and not self._generates
        size = stack_pool_size(settings, stack, sending=self._sends)
        self._pool = Mempool(machine, size, in_rings(settings, sending=False))
        self._made = Production(machine, settings.send_size, settings.send_frames)
        self._caches: list[MempoolCache] = []
        self._lcores: list[UdpLcore] = []
        self._senders: list[TxOnlyLcore] = []

    @property
    def _sends(self) -> bool:
        return self._settings.app in SENDING or self._answers_closed

    @classmethod
    def check_own(cls, settings: CommonSettings) -> None:
        stack = settings.part(UdpStackSettings)
        sending = settings.app in SENDING or stack.udp_closed == "icmp"
        stack_pool_size(settings, stack, sending=sending)

    def start(self) -> None:
        machine, settings = self._machine, self._settings
        tx_rings = machine.open_nic(settings, receives=not self._generates)
        host = UdpHost(machine, self._host, settings)
        sending = settings.tx_ring if self._sends else 0
        for core in machine.cores:
            if not (queues := machine.queues_of(core)):
                continue
            mbufs = MempoolCache(self._pool, core, settings)
            tlb = machine.tlb(settings.page or self.page, len(queues) * (settings.ring + sending))
            ports = [
                PortQueue(machine, queue, tx_rings[queue.number], tlb, settings.burst, mbufs)
                for queue in queues
            ]
            self._caches.append(mbufs)
            if self._generates:
                self._senders.append(self._sender(core, ports[0], mbufs))
            else:
                self._lcores.append(host.lcore(core, ports, mbufs))
        for lcore in self._lcores:
            lcore.start()
        for sender in self._senders:
            sender.start()

    def _sender(self, core: Core, port: PortQueue, mbufs: MempoolCache) -> TxOnlyLcore:
        """A thread that calls sendto() for ever."""
        fill = generated(self._settings.part(UdpStackSettings))
        made, burst = self._made, self._settings.burst
        return TxOnlyLcore(self._machine, core, port, mbufs, made, burst, fill)

    def path(self) -> tuple[Station, ...]:
        if self._generates:
            return (*ARRIVING, APP, *LEAVING)
        if self._settings.app == "echo":
            return (*RECEIVING, *LEAVING)
        if self._answers_closed:
            return (*RECEIVING, *LEAVING[1:])
        return RECEIVING

    def finish(self) -> None:
        for lcore in self._lcores:
            lcore.wait_anew()
        for sender in self._senders:
            sender.wait_anew()

    def abandon(self) -> None:
        for lcore in self._lcores:
            lcore.abandon()

    def plans_ps(self) -> int:
        return min([super().plans_ps(), *(lcore.due_ps for lcore in self._lcores)])

    def unfinished(self) -> bool:
        return self._generates and self._made.left > 0

    def held(self) -> int:
        return sum(lcore.held for lcore in self._lcores)

    def rings(self) -> list[RingMeter]:
        caches = [cache.meter() for cache in self._caches if self._settings.mempool_cache]
        return [self._pool.meter(), *caches]

    def sockets(self) -> dict[str, SocketMeter]:
        return {name: meter for lcore in self._lcores for name, meter in lcore.sockets().items()}
