"""Linux with NAPI: interrupt, softirq, sk_buff, IP, TCP or UDP, socket, read(), one copy.

lecture, station, function, file: a packet's way to a reader, then the stations of other applications

3.1  wire     Nic.load                  hardware/nic.py
3.1  NIC      Port.sort                 hardware/nic.py
3.1  rx ring  RxRing.claim              hardware/ring.py
3.2  irq      NapiInstance.irq_handler  kernel/device/napi_state.py
3.3  softirq  Softirq.net_rx_action     kernel/softirq.py
3.3  skb      Napi.make_skb             kernel/device/napi.py
3.4  IP       Stack.netif_receive_skb   kernel/net/layers.py
3.4  TCP/UDP  Stack.ip_local_deliver    kernel/net/layers.py
3.4  TCP/UDP  Tcp.receive               kernel/net/tcp.py
3.4  socket   Socket.queue_rcv          kernel/socket/socket.py
3.5  read     Reader._receive           kernel/call/reader.py
3.5  app      Reader._deliver           kernel/call/reader.py
-    send     Sender.send               kernel/call/sender.py
-    pktgen   Pktgen._xmit              kernel/send/pktgen.py
-    XDP      XdpProgram.run            kernel/device/xdp.py
-    XDP out  XdpSender.queue_rcv       kernel/send/xdp_tx.py
-    qdisc    TxQueue.xmit              kernel/send/xmit.py
-    tx ring  TxRing.doorbell           hardware/tx.py
"""

from kbview.emulator.application import APPLICATIONS, Application
from kbview.emulator.common_settings import US_PS, CommonSettings
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, RX_RING, TX_RING, WIRE, Datapath, Row
from kbview.emulator.datapaths.kernel.steps import STEPS
from kbview.emulator.hardware.lock import Lock
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.call.generate import Generating
from kbview.emulator.kernel.call.reader import Reader
from kbview.emulator.kernel.call.sender import Sender
from kbview.emulator.kernel.call.stream_calls import Streams
from kbview.emulator.kernel.device.adaptive import AdaptiveModeration
from kbview.emulator.kernel.device.busy_poll import BusyPoll
from kbview.emulator.kernel.device.gro import Gro
from kbview.emulator.kernel.device.napi import CLEAN, Napi
from kbview.emulator.kernel.device.napi_thread import NapiThread
from kbview.emulator.kernel.device.watchdog import Watchdog
from kbview.emulator.kernel.device.xdp import XdpDrop, XdpFib, XdpForward, XdpProgram
from kbview.emulator.kernel.net.fib import Fib
from kbview.emulator.kernel.net.generic_xdp import GenericXdp
from kbview.emulator.kernel.net.layers import Stack
from kbview.emulator.kernel.net.listen import Listening
from kbview.emulator.kernel.net.netfilter import Netfilter
from kbview.emulator.kernel.net.tcp import Tcp
from kbview.emulator.kernel.net.tcp_output import SegmentSender
from kbview.emulator.kernel.net.timer import Timed, Timers
from kbview.emulator.kernel.send.xdp_tx import MANNERS, XdpSender
from kbview.emulator.kernel.send.xmit import Forwarder, TxQueue, TxQueues
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.socket import SocketGroup, SocketTable
from kbview.emulator.kernel.softirq import Scheduler, Softirq, Softirqs
from kbview.emulator.kernel.stations import APP, READ, path
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import SocketMeter
from kbview.tape.station import STACK, Station

WAY = (
    *ARRIVAL,
    Row("3.2", "irq", "NapiInstance.irq_handler", "kernel/device/napi_state.py"),
    Row("3.3", "softirq", "Softirq.net_rx_action", "kernel/softirq.py"),
    Row("3.3", "skb", "Napi.make_skb", "kernel/device/napi.py"),
    Row("3.4", "IP", "Stack.netif_receive_skb", "kernel/net/layers.py"),
    Row("3.4", "TCP/UDP", "Stack.ip_local_deliver", "kernel/net/layers.py"),
    Row("3.4", "TCP/UDP", "Tcp.receive", "kernel/net/tcp.py"),
    Row("3.4", "socket", "Socket.queue_rcv", "kernel/socket/socket.py"),
    Row("3.5", "read", "Reader._receive", "kernel/call/reader.py"),
    Row("3.5", "app", "Reader._deliver", "kernel/call/reader.py"),
    Row("-", "send", "Sender.send", "kernel/call/sender.py"),
    Row("-", "pktgen", "Pktgen._xmit", "kernel/send/pktgen.py"),
    Row("-", "XDP", "XdpProgram.run", "kernel/device/xdp.py"),
    Row("-", "XDP out", "XdpSender.queue_rcv", "kernel/send/xdp_tx.py"),
    Row("-", "qdisc", "TxQueue.xmit", "kernel/send/xmit.py"),
    DEPARTURE,
)
ALL_PORTS = range(1 << 16)  # closed where the application reads nothing
FILES_LINES = 3  # lock, bitmap, the slot


class Kernel(Datapath):
    """A queue's interrupts go to its core; the application sleeps in a system call, on the last."""

    name = "kernel"
    summary = "interrupt, softirq, socket, read(): one copy"
    stations = (
        WIRE,
        NIC,
        RX_RING,
        *STACK,
        READ,
        APP,
    )
    way = WAY
    serves = ("sink", "echo", "forward", "drop", "http", "generate")
    drops_at = ("xdp", "raw", "input", "reject")
    speaks_tcp = True
    steps = STEPS
    reading = (
        "Linux Documentation/networking/napi.rst",
        "Linux net/core/dev.c, net/ipv4/udp.c, net/ipv4/tcp_input.c",
    )

    def __init__(self, machine: Machine, settings: CommonSettings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        app = APPLICATIONS[settings.app](machine)
        self._skbs = SkbCache(machine)
        self._rings = [RxRing(queue.number, settings.ring) for queue in machine.nic.queues]
        self._tx = TxQueues([self._tx_queue(ring.queue) for ring in self._rings])
        self._files = Lock(machine.prices, FILES_LINES)
        self._sockets = SocketGroup([self._table(thread) for thread in range(settings.readers)])
        self._stack = Stack(machine, host, self._sockets, self._skbs, CLEAN)
        self._fib = self._stack.fib = Fib(settings.routes, host)
        self._stack.netfilter = self._netfilter()
        if app.name == "forward" and settings.forward_at == "ip":
            self._stack.forwarder = Forwarder(self._tx)
        if settings.xdp_generic and self._xdp:
            sends = self._tx if app.name == "forward" else None
            self._stack.xdp = GenericXdp(machine, self._skbs, sends)
        self._tcp = self._make_tcp() if machine.peer is not None and not app.transit else None
        self._stack.tcp = self._tcp
        only_sends = app.name == "generate"
        self._generating = self._senders() if only_sends else None
        self._readers = [] if app.transit or only_sends else self._threads(app)
        self._napis: list[Napi] = []

    @property
    def _xdp(self) -> str:
        """What an XDP program does with each frame; nothing where there is none."""
        settings = self._settings
        if settings.app == "drop":
            return "drop" if settings.drop_at in ("driver", "xdp") else ""
        return settings.forward_at.partition("xdp_")[2] if settings.app == "forward" else ""

    def _netfilter(self) -> Netfilter:
        settings = self._settings
        dropping = settings.app == "drop" and not self._xdp
        rule = settings.drop_at if dropping else ""
        return Netfilter(self._machine, self._skbs, rule, conntrack=settings.conntrack)

    def _tx_queue(self, queue: int) -> TxQueue:
        settings = self._settings
        ring = self._machine.tx_ring(queue, settings.tx_ring)
        if self._xdp and not settings.xdp_generic:
            return XdpSender(self._machine, ring, self._skbs, MANNERS[self._xdp])
        return TxQueue(self._machine, ring, self._skbs, settings.txqueuelen)

    def _table(self, thread: int) -> SocketTable:
        settings = self._settings
        return SocketTable(
            self._machine,
            self._skbs,
            settings.rcvbuf,
            settings.tcp_rcvbuf,
            ALL_PORTS if settings.app == "generate" else frozenset(settings.closed_ports),
            f" #{thread}" if settings.readers > 1 else "",
        )

    def _make_tcp(self) -> Tcp:
        machine, settings = self._machine, self._settings
        listening = Listening(machine, self._sockets, settings)
        sender = SegmentSender(machine, self._tx, self._stack.netfilter.tracked)
        return Tcp(machine, listening, self._skbs, sender, settings)

    def _threads(self, app: Application) -> list[Reader]:
        return [
            self._thread(cpu, table, app)
            for cpu, table in zip(self._settings.reader_cpus, self._sockets.tables, strict=True)
        ]

    def _senders(self) -> Generating:
        tracked = self._stack.netfilter.tracked
        return Generating(self._machine, self._settings, self._tx, self._skbs, tracked)

    def _thread(self, cpu: int, table: SocketTable, app: Application) -> Reader:
        machine = self._machine
        sender = Sender(machine, self._tx, self._stack.netfilter.tracked)
        reader = Reader(machine, machine.cores[cpu], table, app, sender)
        if self._tcp is not None:
            reader.streams = Streams(machine, self._tcp, app, self._settings, self._files)
        return reader

    def start(self) -> None:
        nic = self._machine.nic
        nic.open(self._rings, [queue.ring for queue in self._tx.queues])
        softirqs = Softirqs(self._machine, self._settings)
        for queue in nic.queues:
            softirq = softirqs.of(self._machine.core_of(queue.number))
            self._napis.append(self._napi(queue, softirq))
        self._start_timers(softirqs.of(self._machine.core_of(0)))
        if self._settings.busy_poll_us:
            self._poll_busily(softirqs)
        for reader in self._readers:
            reader.softirq = reader.sender.softirq = softirqs.on(reader.core)
            reader.start(self._settings)
        if self._generating is not None:
            self._generating.start(softirqs)
        for napi in self._napis:
            napi.unmask()

    def _poll_busily(self, softirqs: Softirqs) -> None:
        """Each reader polls a queue of its own, as far as there are."""
        for number, reader in enumerate(self._readers):
            napi, softirq = self._napis[number % len(self._napis)], softirqs.of(reader.core)
            reader.busy_poll = BusyPoll(self._machine, napi, softirq, self._settings)

    def _start_timers(self, softirq: Softirq) -> None:
        timed: list[Timed] = [*self._stack.timed]
        if self._tcp is not None:
            timed.append(self._tcp)
        self._timers = Timers(self._machine, softirq, timed)
        self._stack.use(self._timers)
        if self._tcp is not None:
            self._tcp.timers = self._timers

    def _napi(self, queue: RxQueue, softirq: Softirq) -> Napi:
        settings = self._settings
        scheduler: Scheduler = softirq
        if settings.threaded_napi:
            scheduler = NapiThread(self._machine, softirq.core, queue.number, settings.napi_weight)
        tx = self._tx.queues[queue.number]
        napi = Napi(self._machine, queue, scheduler, self._stack, tx)
        queue.vector = Vector(softirq.core, napi.irq_handler)
        if isinstance(tx, XdpSender):
            napi.xdp = self._program(tx)
        elif settings.gro and settings.app != "forward" and not self._xdp:
            napi.merge(Gro(self._machine, udp=settings.udp_gro, hz=settings.hz))
        if settings.adaptive_moderation != "off":
            since = settings.adaptive_moderation
            napi.adaptive = AdaptiveModeration(self._machine, queue, since)
        if settings.irq_defer_us:
            timeout_ps = round(settings.irq_defer_us * US_PS)
            napi.watchdog = Watchdog(self._machine, softirq.core, timeout_ps, napi.napi_schedule)
        return napi

    def _program(self, sender: XdpSender) -> XdpProgram:
        if self._xdp == "drop":
            return XdpDrop(self._machine)
        if self._xdp == "fib":
            return XdpFib(self._machine, sender, self._fib)
        return XdpForward(self._machine, sender, self._xdp, f"xdp_{self._xdp}")

    def path(self) -> tuple[Station, ...]:
        return path(
            (WIRE, NIC, RX_RING), TX_RING, self._settings, xdp_generic=self._settings.xdp_generic
        )

    def finish(self) -> None:
        for napi in self._napis:
            napi.unmask_again()
        self._timers.stop()
        if self._generating is not None:
            self._generating.stop()

    def unfinished(self) -> bool:
        sending = self._generating is not None and self._generating.unfinished()
        return sending or self._tx.waiting

    def abandon(self) -> None:
        self._stack.abandon(self._machine.cores[0])
        if self._tcp is not None:
            self._tcp.abandon(self._machine.cores[0])

    def plans_ps(self) -> int:
        return self._timers.due_ps

    def held(self) -> int:
        in_hand = sum(napi.held for napi in self._napis)
        tcp = self._tcp.held if self._tcp is not None else 0
        read = sum(reader.held for reader in self._readers)
        return in_hand + self._sockets.held() + self._tx.held() + self._stack.held + tcp + read

    def buffers(self) -> int:
        senders = sum(reader.sender.in_hand for reader in self._readers)
        if self._generating is not None:
            senders += self._generating.buffers()
        in_hand = sum(napi.buffers for napi in self._napis)
        tcp = self._tcp.buffers if self._tcp is not None else 0
        queued = self._sockets.buffers()
        return in_hand + queued + self._tx.buffers() + self._stack.buffers + senders + tcp

    def sockets(self) -> dict[str, SocketMeter]:
        sending = self._generating.meters() if self._generating is not None else {}
        return self._sockets.meters() | sending
