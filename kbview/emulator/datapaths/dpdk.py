"""DPDK: no interrupt, no sk_buff, no system call. One core polls the ring in bursts, for ever."""

from kbview.emulator.application import Sink
from kbview.emulator.bypass.pmd import Port
from kbview.emulator.datapath import NIC, RX_RING, WIRE, Datapath
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import POLL_USEFUL, Context, Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.tape.events import Mode
from kbview.tape.station import STACK, Domain, Station, bypass

LCORE = 0


class Dpdk(Datapath):
    """Run to completion on cpu0: receive a burst, work on it, free it."""

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
    )
    reading = ("DPDK Programmer's Guide, Poll Mode Driver", "DPDK Programmer's Guide, Mempool Library")

    def __init__(self, machine: Machine, settings: Settings, _host: Host) -> None:
        self._machine = machine
        self._ring = RxRing(0, settings.ring)
        self._app = Sink(machine)
        self._finish = machine.prices.sequence("app_work", "mbuf_free")

    def start(self) -> None:
        self._machine.nic.open(self._ring)
        self._port = Port(self._machine)
        core = self._machine.cores[LCORE]
        core.start(Context("lcore", self._lcore_main(core), POLL_USEFUL, Mode.USER))

    def _lcore_main(self, core: Core) -> Process:
        """The application's loop."""
        port = self._port
        while True:
            if port.empty(core):
                port.spin(core)
            if core.resting or core.now_ps > core.horizon_ps:
                yield
                continue
            for frame in port.rx_burst(core):
                self._machine.deliver(core, frame, "app")
                core.spend(self._finish, frame.packet)

    def finish(self) -> None:
        core = self._machine.cores[LCORE]
        if core.resting:
            self._port.spin(core)

    def held(self) -> int:
        return 0
