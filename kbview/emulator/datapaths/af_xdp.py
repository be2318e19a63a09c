"""AF_XDP: an XDP program in the driver's poll hands frames to a socket of shared rings."""

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.datapath import NIC, RX_RING, WIRE, Datapath
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.softirq import Softirq, Softirqs
from kbview.emulator.kernel.xsk import Xsk
from kbview.emulator.kernel.xsk_poll import XskMode, XskPoll
from kbview.emulator.kernel.xsk_user import XskThread
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.emulator.work import WORKS
from kbview.tape.meter import RingMeter
from kbview.tape.station import STACK, Domain, Station, bypass

IRQ, SOFTIRQ, *ABOVE = STACK
RING_SIZE = 2048  # XSK_RING_CONS__DEFAULT_NUM_DESCS
CHUNKS = 2048  # what xdpsock of 2019 puts into its FILL ring


class AfXdp(Datapath):
    """A socket on every queue; its thread on the last cores, or on the driver's own (app_cpu = 0)."""

    name = "af_xdp"
    summary = "the driver's poll, an XDP program, four shared rings; no sk_buff, no stack"
    stations = (
        WIRE,
        NIC,
        RX_RING,
        IRQ,
        SOFTIRQ,
        Station(
            "XDP",
            Domain.KERNEL,
            "a program in the driver's poll redirects the frame to the socket of this queue",
            ("xdp_program", "xsk_redirect", "xsk_copy", "XdpRan", "Copied", "xsk_tx"),
        ),
        *bypass(tuple(ABOVE)),
        Station(
            "umem",
            Domain.USER,
            "RX and FILL rings in shared memory; a system call only where the driver asks for it",
            ("BurstReceived", "xsk_peek", "xsk_give", "xsk_wakeup", "xsk_peek_empty"),
        ),
        Station("app", Domain.USER, "the application's own work", ("app_work",)),
    )
    serves = ("sink", "echo", "forward", "drop")
    steps = (
        "dma_write",
        "msix_delivery",
        "hardirq",
        "softirq_dispatch",
        "napi_poll",
        "descriptor_read",
        "first_touch",
        "xdp_program",
        "xsk_redirect",
        "xsk_copy",
        "napi_complete",
        "context_switch",
        "xsk_peek",
        "xsk_peek_empty",
        "xsk_give",
        "syscall_enter",
        "xsk_wakeup",
        "syscall_exit",
        "app_work",
        "frame_rewrite",
        "xsk_tx",
        "xsk_complete",
        "doorbell",
        "tx_fetch",
    )
    reading = (
        "Linux Documentation/networking/af_xdp.rst",
        "B. Toepel, M. Karlsson, AF_XDP, Linux Plumbers Conference 2018",
    )

    def __init__(self, machine: Machine, settings: Settings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._app = APPLICATIONS[settings.app](machine)
        nic = machine.nic
        self._rings = [RxRing(queue.number, settings.ring) for queue in nic.queues]
        self._tx_rings = [machine.tx_ring(ring.queue, settings.tx_ring) for ring in self._rings]
        self._sockets = [Xsk(machine, ring.queue, RING_SIZE) for ring in self._rings]
        self._drivers: list[XskPoll] = []
        self._threads: list[XskThread] = []

    def start(self) -> None:
        nic = self._machine.nic
        nic.open(self._rings, self._tx_rings)
        softirqs = Softirqs(self._machine, self._settings)
        for queue in nic.queues:
            self._bind(queue, softirqs.of(self._machine.core_of(queue.number)))
        for thread in self._threads:
            thread.start()
        for driver in self._drivers:
            driver.unmask()

    def _bind(self, queue: RxQueue, softirq: Softirq) -> None:
        """A queue's driver, its socket, and the thread that works on it."""
        machine, settings = self._machine, self._settings
        work = WORKS[self._app.name](machine, self._app, ())
        zero_copy = settings.xdp_mode == "zero_copy"
        mode = XskMode(zero_copy, settings.need_wakeup, work.passes_on)
        xsk = self._sockets[queue.number]
        in_nic = queue.ring.size - 1 if zero_copy else 0
        xsk.fill.filled = min(xsk.fill.size, CHUNKS - in_nic)
        driver = XskPoll(machine, queue, softirq, xsk, mode)
        queue.vector = Vector(softirq.core, driver.irq_handler)
        core = machine.cores[(settings.reader_cpu - queue.number) % settings.cores]
        self._threads.append(XskThread(machine, core, xsk, driver, work, settings.burst))
        self._drivers.append(driver)

    def finish(self) -> None:
        for driver in self._drivers:
            driver.unmask_again()

    def unfinished(self) -> bool:
        return any(xsk.to_send for xsk in self._sockets)

    def held(self) -> int:
        passes_on = self._app.transit
        return sum(xsk.held(passes_on=passes_on) for xsk in self._sockets)

    def rings(self) -> list[RingMeter]:
        return [meter for xsk in self._sockets for meter in xsk.meters()]
