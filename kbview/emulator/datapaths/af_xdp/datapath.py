"""AF_XDP: an XDP program in the driver's poll hands frames to a socket of shared rings."""

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.datapath import NIC, RX_RING, WIRE, Datapath
from kbview.emulator.datapaths.af_xdp.poll import XskPoll
from kbview.emulator.datapaths.af_xdp.sender import XskSender
from kbview.emulator.datapaths.af_xdp.user import XskReader, XskThread
from kbview.emulator.datapaths.af_xdp.xsk import Xsk, XskMode
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.softirq import Softirq, Softirqs
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.emulator.work import WORKS
from kbview.tape.meter import RingMeter
from kbview.tape.station import STACK, Domain, Station, bypass

IRQ, SOFTIRQ, *ABOVE = STACK
RING_SIZE = 2048  # XSK_RING_CONS__DEFAULT_NUM_DESCS
CHUNKS = 2048  # what xdpsock of 2019 puts into its FILL ring
COPIED = ("sock_alloc_send_skb", "xsk_tx_copy", "ndo_start_xmit")  # in copy mode, in the call


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
            ("xdp_program", "xsk_redirect", "xsk_copy", "XdpRan", "Copied", "xsk_tx", "xsk_complete"),
        ),
        *bypass(tuple(ABOVE)),
        Station(
            "umem",
            Domain.USER,
            "RX and FILL rings in shared memory; a system call only where the driver asks for it",
            (
                "BurstReceived",
                "xsk_peek",
                "xsk_give",
                "xsk_put",
                "xsk_wakeup",
                "xsk_peek_empty",
                *COPIED,
            ),
        ),
        Station("app", Domain.USER, "the application's own work", ("app_work",)),
    )
    serves = ("sink", "echo", "forward", "drop", "generate")
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
        "xsk_put",
        *COPIED,
        "tx_clean",
        "skb_free",
        "try_to_wake_up",
        "idle_exit",
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
        self._made = Production(machine, settings.send_size, settings.send_frames, settings.queues)
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
        zero_copy = settings.xdp_mode == "zero_copy"
        mode = XskMode(zero_copy, settings.need_wakeup, self._app.transit)
        xsk = self._sockets[queue.number]
        in_nic = queue.ring.size - 1 if zero_copy else 0
        xsk.fill.filled = min(xsk.fill.size, CHUNKS - in_nic)
        driver = XskPoll(machine, queue, softirq, xsk, mode)
        queue.vector = Vector(softirq.core, driver.irq_handler)
        core = machine.cores[(settings.reader_cpu - queue.number) % settings.cores]
        self._threads.append(self._thread(core, xsk, driver))
        self._drivers.append(driver)

    def _thread(self, core: Core, xsk: Xsk, driver: XskPoll) -> XskThread:
        machine, burst = self._machine, self._settings.burst
        if self._app.name == "generate":
            return XskSender(machine, core, xsk, driver, self._made, burst)
        work = WORKS[self._app.name](machine, self._app, ())
        return XskReader(machine, core, xsk, driver, work, burst)

    def finish(self) -> None:
        for driver in self._drivers:
            driver.unmask_again()
        self._made.left = 0
        for thread in self._threads:
            thread.stop()

    def unfinished(self) -> bool:
        sending = self._app.name == "generate"
        if sending and (self._made.left or any(thread.outstanding for thread in self._threads)):
            return True
        return any(xsk.to_send for xsk in self._sockets)

    def buffers(self) -> int:
        return sum(driver.buffers for driver in self._drivers)

    def held(self) -> int:
        passes_on = self._app.transit
        return sum(xsk.held(passes_on=passes_on) for xsk in self._sockets)

    def rings(self) -> list[RingMeter]:
        return [meter for xsk in self._sockets for meter in xsk.meters()]
