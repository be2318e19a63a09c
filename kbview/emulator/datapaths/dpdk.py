"""DPDK: no interrupt, no sk_buff, no system call. One core polls the ring in bursts, for ever."""

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.bypass.generator import Generator
from kbview.emulator.bypass.lcore import Lcore
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.datapath import NIC, RX_RING, TX_RING, WIRE, Datapath
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.memory import Tlb
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.emulator.work import WORKS
from kbview.tape.station import STACK, Domain, Station, bypass

TX_BURST = Station(
    "tx_burst",
    Domain.USER,
    "addresses are rewritten, descriptors posted, and the doorbell rung once for all of them",
    ("frame_rewrite", "tx_burst", "pmd_tx_descriptor", "doorbell"),
)


class Dpdk(Datapath):
    """Run to completion, an lcore a queue: receive a burst, work on it, free it or send it."""

    name = "dpdk"
    summary = "poll-mode driver: NIC, rx_burst, application; no kernel on the way"
    stations = (
        WIRE,
        NIC,
        RX_RING,
        *bypass(STACK),
        Station(
            "rx_burst",
            Domain.USER,
            "the application reads descriptors itself, a burst at a call; it never sleeps",
            ("rx_burst", "rx_burst_empty", "BurstReceived", "pmd_descriptor"),
        ),
        Station(
            "mbuf",
            Domain.USER,
            "a buffer from a pool in hugepages; the NIC wrote into it, nobody copies",
            ("mbuf_alloc", "mbuf_free"),
        ),
        Station("app", Domain.USER, "the application's own work", ("app_work",)),
    )
    compressed_completions = True  # mlx5: rxq_cqe_comp_en
    page = "2M"
    serves = ("sink", "echo", "forward", "drop", "generate")
    steps = (
        "dma_write",
        "msix_delivery",
        "context_switch",
        "rx_burst",
        "rx_burst_empty",
        "pmd_descriptor",
        "descriptor_line",
        "mbuf_alloc",
        "mbuf_free",
        "app_work",
        "frame_rewrite",
        "tx_burst",
        "pmd_tx_descriptor",
        "doorbell",
        "tx_fetch",
    )
    reading = ("DPDK Programmer's Guide, Poll Mode Driver", "DPDK Programmer's Guide, Mempool Library")

    def __init__(self, machine: Machine, settings: Settings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        nic = machine.nic
        self._rings = [RxRing(queue.number, settings.ring) for queue in nic.queues]
        self._tx_rings = [machine.tx_ring(ring.queue, settings.tx_ring) for ring in self._rings]
        self._made = Production(machine, settings.send_size, settings.send_frames)
        self._lcores: list[Lcore | Generator] = []
        self._app = APPLICATIONS[settings.app](machine)
        if self._app.name == "generate":
            for ring in self._rings:
                ring.withhold()

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
        if self._settings.app in ("echo", "forward"):
            return (*self.stations, TX_BURST, TX_RING)
        return self.stations

    def _lcore(self, core: Core, ports: list[PortQueue]) -> Lcore | Generator:
        machine, settings = self._machine, self._settings
        if self._app.name == "generate":
            return Generator(machine, core, ports[0], self._made, settings.burst)
        return Lcore(core, ports, WORKS[self._app.name](machine, self._app, ("mbuf_free",)))

    def finish(self) -> None:
        for lcore in self._lcores:
            lcore.wait_anew()

    def unfinished(self) -> bool:
        return self._app.name == "generate" and self._made.left > 0

    def held(self) -> int:
        return sum(lcore.in_hand for lcore in self._lcores)
