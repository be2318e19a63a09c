"""DPDK: no interrupt, no sk_buff, no system call. A core polls the ring in bursts, for ever.

With `dpdk_interrupts` a core sleeps after empty polls; each sleep costs an interrupt and system calls.

lecture, station, function, file

3.1    wire      Nic.load                  hardware/nic.py
3.1    NIC       Port.sort                 hardware/nic.py
3.1    rx ring   RxRing.claim              hardware/ring.py
5.1.1  rx_burst  PortQueue.rx_burst        bypass/pmd.py
5.1.1  mbuf      MempoolCache.get          bypass/mempool.py
5.1.1  app       Lcore._poll_ports         datapaths/dpdk/lcore.py
-      irq       SleepyLcore._irq_handler  datapaths/dpdk/sleeper.py
-      epoll     Eventfd.wait              datapaths/dpdk/sleeper.py
5.1.1  tx_burst  PortQueue.tx_burst        bypass/pmd.py
-      tx ring   TxRing.doorbell           hardware/tx.py
"""

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.burst_work import WORKS
from kbview.emulator.bypass.mempool import Mempool, MempoolCache, in_rings, pool_size
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.bypass.tx_only import TxOnlyLcore
from kbview.emulator.common_settings import CommonSettings, ScenarioError
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, RX_RING, TX_RING, WIRE, Datapath, WayRow
from kbview.emulator.datapaths.dpdk.lcore import Lcore
from kbview.emulator.datapaths.dpdk.sleeper import SleeperSettings, SleepyLcore
from kbview.emulator.datapaths.dpdk.stations import APP, EPOLL, MBUF, RX_BURST, TX_BURST
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter
from kbview.tape.station import STACK, Station, bypass

WAY = (
    *ARRIVAL,
    WayRow("5.1.1", "rx_burst", "PortQueue.rx_burst", "bypass/pmd.py"),
    WayRow("5.1.1", "mbuf", "MempoolCache.get", "bypass/mempool.py"),
    WayRow("5.1.1", "app", "Lcore._poll_ports", "datapaths/dpdk/lcore.py"),
    WayRow("-", "irq", "SleepyLcore._irq_handler", "datapaths/dpdk/sleeper.py"),
    WayRow("-", "epoll", "Eventfd.wait", "datapaths/dpdk/sleeper.py"),
    WayRow("5.1.1", "tx_burst", "PortQueue.tx_burst", "bypass/pmd.py"),
    DEPARTURE,
)
IRQ, *ABOVE = STACK
SLEEPING = (IRQ, *bypass(tuple(ABOVE)), EPOLL)
SENDING = ("echo", "forward", "generate")


class Dpdk(Datapath):
    """An lcore a core, run to completion: receive a burst, work on it, free or send it."""

    name = "dpdk"
    summary = "poll-mode driver: NIC, rx_burst, application; no kernel on the way"
    way = WAY
    stations = (WIRE, NIC, RX_RING, *bypass(STACK), RX_BURST, MBUF, APP)
    compressed_completions = True  # mlx5: rxq_cqe_comp_en
    page = "2M"
    serves = ("sink", "echo", "forward", "drop", "generate")
    reading = ("DPDK Programmer's Guide, Poll Mode Driver", "DPDK Programmer's Guide, Mempool Library")

    def __init__(self, machine: Machine, settings: CommonSettings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        size = pool_size(settings, sending=settings.app in SENDING)
        self._pool = Mempool(machine, size, in_rings(settings, sending=False))
        self._app = APPLICATIONS[settings.app](machine)
        self._made = Production(machine, settings.send_size, settings.send_frames)
        self._caches: list[MempoolCache] = []
        self._lcores: list[Lcore | TxOnlyLcore] = []

    @classmethod
    def check_own(cls, settings: CommonSettings) -> None:
        pool_size(settings, sending=settings.app in SENDING)
        if settings.part(SleeperSettings).dpdk_interrupts and settings.app == "generate":
            raise ScenarioError(
                'dpdk_interrupts makes an lcore sleep until a frame comes, and app = "generate" '
                "waits for none; use another app"
            )

    def start(self) -> None:
        machine, settings = self._machine, self._settings
        tx_rings = machine.open_nic(settings, receives=self._app.name != "generate")
        sending = settings.tx_ring if settings.app in ("echo", "forward") else 0
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
            self._lcores.append(self._lcore(core, ports, mbufs))
        for lcore in self._lcores:
            lcore.start()

    def _lcore(self, core: Core, ports: list[PortQueue], mbufs: MempoolCache) -> Lcore | TxOnlyLcore:
        """The thread of a core, with the core's mbufs and a port for each of its queues."""
        machine, settings = self._machine, self._settings
        if self._app.name == "generate":
            fill = ("mbuf_alloc", "app_work")
            return TxOnlyLcore(machine, core, ports[0], mbufs, self._made, settings.burst, fill)
        work = WORKS[self._app.name](machine, self._app, ("mbuf_free",), untouched=True)
        sleeping = settings.part(SleeperSettings)
        if sleeping.dpdk_interrupts:
            return SleepyLcore(machine, core, ports, work, sleeping.dpdk_empty_polls)
        runs = None if work.whole is None else ports[0].runs(machine, work.whole)
        return Lcore(core, ports, work, runs)

    def path(self) -> tuple[Station, ...]:
        stations = self.stations
        if self._settings.part(SleeperSettings).dpdk_interrupts:
            stations = (WIRE, NIC, RX_RING, *SLEEPING, RX_BURST, MBUF, APP)
        if self._settings.app in SENDING:
            return (*stations, TX_BURST, TX_RING)
        return stations

    def finish(self) -> None:
        for lcore in self._lcores:
            lcore.wait_anew()

    def unfinished(self) -> bool:
        return self._app.name == "generate" and self._made.left > 0

    def held(self) -> int:
        return sum(lcore.in_hand for lcore in self._lcores)

    def rings(self) -> list[RingMeter]:
        caches = [cache.meter() for cache in self._caches if self._settings.mempool_cache]
        return [self._pool.meter(), *caches]
