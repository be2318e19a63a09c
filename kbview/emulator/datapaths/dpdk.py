"""DPDK: no interrupt, no sk_buff, no system call. One core polls the ring in bursts, for ever."""

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.bypass.lcore import WORKS, Lcore
from kbview.emulator.bypass.pmd import PortQueue
from kbview.emulator.datapath import NIC, RX_RING, TX_RING, WIRE, Datapath
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.memory import Tlb
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
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
            "the application reads descriptors itself, up to 32 at a call; it never sleeps",
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
    serves = ("sink", "echo", "forward", "drop")
    steps = (
        "dma_write",
        "msix_delivery",
        "context_switch",
        "rx_burst",
        "rx_burst_empty",
        "pmd_descriptor",
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
        self._lcores: list[Lcore] = []
        self._app = APPLICATIONS[settings.app](machine)

    def start(self) -> None:
        machine, nic = self._machine, self._machine.nic
        nic.open(self._rings, self._tx_rings)
        for core in machine.cores:
            tlb = self._tlb(core)
            ports = [
                PortQueue(machine, queue, self._tx_rings[queue.number], tlb)
                for queue in nic.queues
                if machine.core_of(queue.number) is core
            ]
            if ports:
                work = WORKS[self._app.name](machine, self._app)
                self._lcores.append(Lcore(core, ports, work))
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

    def finish(self) -> None:
        for lcore in self._lcores:
            lcore.wait_anew()

    def held(self) -> int:
        return sum(lcore.in_hand for lcore in self._lcores)
