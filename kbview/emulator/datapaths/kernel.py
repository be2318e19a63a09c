"""Linux with NAPI: interrupt, softirq, sk_buff, IP, TCP or UDP, socket, read(), one copy."""

from kbview.emulator.application import Sink
from kbview.emulator.datapath import NIC, RX_RING, WIRE, Datapath
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.kernel.napi import CLEAN, Napi
from kbview.emulator.kernel.reader import Reader
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket import SocketTable
from kbview.emulator.kernel.softirq import Softirq
from kbview.emulator.kernel.stack import Stack
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import US_PS, Settings
from kbview.tape.meter import SocketMeter
from kbview.tape.station import STACK, Domain, Station

IRQ_CPU = 0


class Kernel(Datapath):
    """Interrupts on cpu0; the application sleeps in a system call, on the last core by default."""

    name = "kernel"
    summary = "interrupt, softirq, socket, read(): one copy"
    stations = (
        WIRE,
        NIC,
        RX_RING,
        *STACK,
        Station(
            "read",
            Domain.USER,
            "a system call: into the kernel, copy to the application's buffer, and back",
            (
                "syscall_enter",
                "epoll_wait",
                "SocketDequeued",
                "socket_recv",
                "copy_to_user",
                "syscall_exit",
                "context_switch",
            ),
        ),
        Station("app", Domain.USER, "the application's own work", ("app_work",)),
    )
    steps = (
        "dma_write",
        "msix_delivery",
        "hardirq",
        "softirq_dispatch",
        "napi_poll",
        "descriptor_read",
        "first_touch",
        "skb_alloc",
        "napi_gro_receive",
        "netif_receive_skb",
        "arp_rcv",
        "ip_rcv",
        "fib_lookup",
        "icmp_rcv",
        "udp_rcv",
        "tcp_v4_rcv",
        "socket_enqueue",
        "try_to_wake_up",
        "idle_exit",
        "napi_complete",
        "context_switch",
        "syscall_enter",
        "epoll_wait",
        "socket_recv",
        "copy_to_user",
        "skb_free",
        "syscall_exit",
        "app_work",
    )
    reading = (
        "Linux Documentation/networking/napi.rst",
        "Linux net/core/dev.c, net/ipv4/udp.c, net/ipv4/tcp_input.c",
    )

    def __init__(self, machine: Machine, settings: Settings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._ring = RxRing(0, settings.ring)
        self._skbs = SkbCache(machine)
        self._sockets = SocketTable(
            machine,
            self._skbs,
            settings.rcvbuf,
            settings.tcp_rcvbuf,
            frozenset(settings.closed_ports),
        )
        self._stack = Stack(machine, host, self._sockets, self._skbs, CLEAN)
        self._reader = Reader(
            machine,
            machine.cores[settings.reader_cpu],
            self._sockets,
            Sink(machine),
        )

    def start(self) -> None:
        settings, machine = self._settings, self._machine
        core = machine.cores[IRQ_CPU]
        machine.nic.open(self._ring)
        softirq = Softirq(
            machine,
            core,
            settings.napi_weight,
            settings.netdev_budget,
            settings.netdev_budget_usecs * US_PS,
        )
        self._napi = Napi(machine, softirq, self._stack, self._sockets)
        core.irq_handler = self._napi.irq_handler
        self._reader.start(settings.wait)
        self._napi.unmask()

    def finish(self) -> None:
        if not self._machine.nic.masked:
            self._napi.unmask()

    def held(self) -> int:
        return self._napi.in_hand + self._sockets.held()

    def sockets(self) -> dict[str, SocketMeter]:
        return self._sockets.meters()
