"""DPDK: no interrupt, no sk_buff, no system call. One core polls the ring in bursts, for ever.

Unless `dpdk_interrupts` lets it sleep: then interrupt and system call are back, once a sleep.
"""

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.bypass.mempool import Mempool, MempoolCache, in_rings, pool_size
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.datapath import NIC, RX_RING, TX_RING, WIRE, Datapath
from kbview.emulator.datapaths.dpdk.generator import Generator
from kbview.emulator.datapaths.dpdk.lcore import Lcore
from kbview.emulator.datapaths.dpdk.sleeper import SleepyLcore
from kbview.emulator.datapaths.dpdk.stations import APP, EPOLL, MBUF, RX_BURST, TX_BURST
from kbview.emulator.datapaths.dpdk.steps import STEPS
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.memory import Tlb
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.work import WORKS
from kbview.tape.meter import RingMeter
from kbview.tape.station import STACK, Station, bypass

IRQ, *ABOVE = STACK
SLEEPING = (IRQ, *bypass(tuple(ABOVE)), EPOLL)
SENDING = ("echo", "forward", "generate")


class Dpdk(Datapath):
    """Run to completion, an lcore a queue: receive a burst, work on it, free it or send it."""

    name = "dpdk"
    summary = "poll-mode driver: NIC, rx_burst, application; no kernel on the way"
    stations = (WIRE, NIC, RX_RING, *bypass(STACK), RX_BURST, MBUF, APP)
    compressed_completions = True  # mlx5: rxq_cqe_comp_en
    page = "2M"
    serves = ("sink", "echo", "forward", "drop", "generate")
    steps = STEPS
    reading = ("DPDK Programmer's Guide, Poll Mode Driver", "DPDK Programmer's Guide, Mempool Library")

    def __init__(self, machine: Machine, settings: Settings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        nic = machine.nic
        self._rings = [RxRing(queue.number, settings.ring) for queue in nic.queues]
        self._tx_rings = [machine.tx_ring(ring.queue, settings.tx_ring) for ring in self._rings]
        self._made = Production(machine, settings.send_size, settings.send_frames)
        self._lcores: list[Lcore | Generator] = []
        self._pool = Mempool(
            machine,
            pool_size(settings, sending=settings.app in SENDING),
            in_rings(settings, sending=False),
        )
        self._caches: list[MempoolCache] = []
        self._app = APPLICATIONS[settings.app](machine)
        if self._app.name == "generate":
            for ring in self._rings:
                ring.withhold()

    @classmethod
    def check(cls, settings: Settings) -> None:
        super().check(settings)
        pool_size(settings, sending=settings.app in SENDING)
        if settings.dpdk_interrupts and settings.app == "generate":
            raise ScenarioError(
                'dpdk_interrupts sleeps for want of frames and app = "generate" waits for none; '
                "use another app"
            )

    def start(self) -> None:
        machine, nic, settings = self._machine, self._machine.nic, self._settings
        nic.open(self._rings, self._tx_rings)
        for core in machine.cores:
            tlb = self._tlb(core)
            ports = [
                PortQueue(machine, queue, self._tx_rings[queue.number], tlb, settings.burst)
                for queue in nic.queues
                if machine.core_of(queue.number) is core
            ]
            if ports:
                cache = MempoolCache(self._pool, core, settings)
                self._caches.append(cache)
                for port in ports:
                    port.mbufs = cache
                self._lcores.append(self._lcore(core, ports))
        for lcore in self._lcores:
            lcore.start()

    def _tlb(self, core: Core) -> Tlb | None:
        """The core's translations of the mbufs that its queues go through in turn."""
        settings, machine = self._settings, self._machine
        queues = sum(machine.core_of(queue.number) is core for queue in machine.nic.queues)
        sending = settings.tx_ring if settings.app in ("echo", "forward") else 0
        return machine.tlb(settings.page or self.page, queues * (settings.ring + sending))

    def path(self) -> tuple[Station, ...]:
        stations = self.stations
        if self._settings.dpdk_interrupts:
            stations = (WIRE, NIC, RX_RING, *SLEEPING, RX_BURST, MBUF, APP)
        if self._settings.app in ("echo", "forward"):
            return (*stations, TX_BURST, TX_RING)
        return stations

    def _lcore(self, core: Core, ports: list[PortQueue]) -> Lcore | Generator:
        machine, settings = self._machine, self._settings
        if self._app.name == "generate":
            return Generator(machine, core, ports[0], self._made, settings.burst)
        work = WORKS[self._app.name](machine, self._app, ("mbuf_free",))
        if not settings.dpdk_interrupts:
            return Lcore(core, ports, work)
        sleepy = SleepyLcore(machine, core, ports, work)
        sleepy.empty_polls = settings.dpdk_empty_polls
        return sleepy

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
