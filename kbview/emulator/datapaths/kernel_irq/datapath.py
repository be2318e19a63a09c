"""The textbook path: an interrupt for each packet, a soft interrupt later, read(), one copy.

    lecture, station, function, file: a packet's way to a reader, then the stations of other settings

    3.1  wire     Nic.load                 hardware/nic.py
    3.1  NIC      Port.sort                hardware/nic.py
    3.1  rx ring  RxRing.claim             hardware/ring.py
    3.2  irq      IrqDriver.irq_handler    datapaths/kernel_irq/driver.py
    3.2  ipintrq  InputQueue.enqueue       datapaths/kernel_irq/ipintrq.py
    3.3  softirq  Intake.receive           datapaths/kernel_irq/intake.py
    3.4  IP       Stack.netif_receive_skb  kernel/net/layers.py
    3.4  TCP/UDP  Stack.ip_local_deliver   kernel/net/layers.py
    3.4  socket   Socket.queue_rcv         kernel/socket/socket.py
    3.5  read     ReadLoop._receive        datapaths/kernel_irq/read_loop.py
    3.5  app      user_work                datapaths/kernel_irq/user_work.py
    -    irq      QuotaDriver.irq_handler  datapaths/kernel_irq/quota_driver.py
    -    poll     QuotaDriver.poll         datapaths/kernel_irq/quota_driver.py
    -    screenq  ScreenQueue.queue_rcv    datapaths/kernel_irq/screend.py
    -    screend  Screend._shown           datapaths/kernel_irq/screend.py
    -    send     Sender.answer            kernel/call/sender.py
    -    qdisc    TxQueue.xmit             kernel/send/xmit.py
    -    tx ring  TxRing.doorbell          hardware/tx.py

Interrupt, soft interrupt and read() each cross from user to kernel mode and back. Interrupts come
before soft interrupts and soft interrupts before the application, so the path collapses under load.
"""

from kbview.emulator.application import APPLICATIONS, Application
from kbview.emulator.common_settings import CommonSettings, ScenarioError
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, RX_RING, TX_RING, WIRE, Datapath, Row
from kbview.emulator.datapaths.kernel_irq.driver import IrqDriver
from kbview.emulator.datapaths.kernel_irq.intake import ALLOCATE
from kbview.emulator.datapaths.kernel_irq.netisr import Netisr
from kbview.emulator.datapaths.kernel_irq.quota_driver import QuotaDriver
from kbview.emulator.datapaths.kernel_irq.read_loop import ReadLoop
from kbview.emulator.datapaths.kernel_irq.screend import Screend, ScreenQueue
from kbview.emulator.datapaths.kernel_irq.stations import STATIONS, STEPS, KernelIrqSettings, path
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.vector import Vector
from kbview.emulator.kernel.call.sender import Sender
from kbview.emulator.kernel.net.fib import Fib
from kbview.emulator.kernel.net.layers import Stack
from kbview.emulator.kernel.net.netfilter import Netfilter
from kbview.emulator.kernel.net.timer import Timers
from kbview.emulator.kernel.send.xmit import Forwarder, TxQueue, TxQueues
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.socket import SocketGroup, SocketTable
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.station import Station

_HERE = "datapaths/kernel_irq"
WAY = (
    *ARRIVAL,
    Row("3.2", "irq", "IrqDriver.irq_handler", f"{_HERE}/driver.py"),
    Row("3.2", "ipintrq", "InputQueue.enqueue", f"{_HERE}/ipintrq.py"),
    Row("3.3", "softirq", "Intake.receive", f"{_HERE}/intake.py"),
    Row("3.4", "IP", "Stack.netif_receive_skb", "kernel/net/layers.py"),
    Row("3.4", "TCP/UDP", "Stack.ip_local_deliver", "kernel/net/layers.py"),
    Row("3.4", "socket", "Socket.queue_rcv", "kernel/socket/socket.py"),
    Row("3.5", "read", "ReadLoop._receive", f"{_HERE}/read_loop.py"),
    Row("3.5", "app", "user_work", f"{_HERE}/user_work.py"),
    Row("-", "irq", "QuotaDriver.irq_handler", f"{_HERE}/quota_driver.py"),
    Row("-", "poll", "QuotaDriver.poll", f"{_HERE}/quota_driver.py"),
    Row("-", "screenq", "ScreenQueue.queue_rcv", f"{_HERE}/screend.py"),
    Row("-", "screend", "Screend._shown", f"{_HERE}/screend.py"),
    Row("-", "send", "Sender.answer", "kernel/call/sender.py"),
    Row("-", "qdisc", "TxQueue.xmit", "kernel/send/xmit.py"),
    DEPARTURE,
)


class KernelIrq(Datapath):
    """A queue's interrupts go to its core; the application, or screend, runs on the last."""

    name = "kernel-irq"
    summary = "an interrupt for each packet, a soft interrupt later, read(): one copy"
    stations = (WIRE, NIC, RX_RING, *STATIONS)
    way = WAY
    serves = ("sink", "echo", "forward", "drop")
    drops_at = ("raw", "input")
    speaks_tcp = False
    steps = STEPS
    reading = (
        "Mogul and Ramakrishnan, Eliminating Receive Livelock, ACM TOCS 15(3), 1997",
        "McKusick et al., The Design and Implementation of the 4.4BSD Operating System, 12.8",
    )

    def __init__(self, machine: Machine, settings: CommonSettings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._own = settings.part(KernelIrqSettings)
        app = APPLICATIONS[settings.app](machine)
        self._skbs = SkbCache(machine)
        self._rings = [RxRing(queue.number, settings.ring) for queue in machine.nic.queues]
        self._tx = TxQueues([self._tx_queue(ring.queue) for ring in self._rings])
        self._sockets = SocketGroup([self._table(thread) for thread in range(settings.readers)])
        self._stack = Stack(machine, host, self._sockets, self._skbs, ALLOCATE)
        self._stack.fib = Fib(settings.routes, host)
        self._stack.netfilter = Netfilter(
            machine, self._skbs, self._rule(), conntrack=settings.conntrack
        )
        self._screenq: ScreenQueue | None = None
        self._programs: list[ReadLoop | Screend] = []
        if app.name == "forward":
            self._programs += self._forwarding()
        elif app.name != "drop":
            self._programs += self._threads(app)
        self._netisrs: dict[int, Netisr] = {}
        self._drivers: list[IrqDriver | QuotaDriver] = []

    @classmethod
    def check(cls, settings: CommonSettings) -> None:
        super().check(settings)
        if settings.part(KernelIrqSettings).screend and settings.app != "forward":
            raise ScenarioError('screend = true screens what is forwarded; use app = "forward"')

    def _rule(self) -> str:
        """Where netfilter drops what the application does not want."""
        settings = self._settings
        if settings.app != "drop":
            return ""
        return "input" if settings.drop_at == "input" else "raw"

    def _tx_queue(self, queue: int) -> TxQueue:
        settings = self._settings
        ring = self._machine.tx_ring(queue, settings.tx_ring)
        return TxQueue(self._machine, ring, self._skbs, settings.txqueuelen)

    def _table(self, thread: int) -> SocketTable:
        settings = self._settings
        suffix = f" #{thread}" if settings.readers > 1 else ""
        closed = frozenset(settings.closed_ports)
        sizes = settings.rcvbuf, settings.tcp_rcvbuf
        return SocketTable(self._machine, self._skbs, *sizes, closed, suffix)

    def _forwarding(self) -> list[Screend]:
        """A router: what is to be sent on goes out at once, or past screend first."""
        machine, settings = self._machine, self._settings
        forwarder = Forwarder(self._tx)
        self._stack.forwarder = forwarder
        if not self._own.screend:
            return []
        self._screenq = ScreenQueue(machine, self._skbs, self._own.screenq_maxlen)
        self._stack.forwarder = self._screenq
        return [Screend(machine, machine.cores[settings.reader_cpu], self._screenq, forwarder)]

    def _threads(self, app: Application) -> list[ReadLoop]:
        machine, settings = self._machine, self._settings
        loops: list[ReadLoop] = []
        for cpu, table in zip(settings.reader_cpus, self._sockets.tables, strict=True):
            loops.append(ReadLoop(machine, machine.cores[cpu], table, app, settings.read_size))
            loops[-1].sender = Sender(machine, self._tx)
        return loops

    def start(self) -> None:
        nic = self._machine.nic
        nic.open(self._rings, [queue.ring for queue in self._tx.queues])
        for queue in nic.queues:
            self._drivers.append(self._driver(queue))
        self._timers = Timers(
            self._machine, self._netisr(self._machine.core_of(0)), [*self._stack.timed]
        )
        self._stack.use(self._timers)
        for program in self._programs:
            program.start()
        for driver in self._drivers:
            driver.unmask()

    def _netisr(self, core: Core) -> Netisr:
        """A core's soft interrupt; the first that is asked for is made."""
        if core.number not in self._netisrs:
            maxlen = self._own.ipintrq_maxlen
            self._netisrs[core.number] = Netisr(self._machine, core, self._stack, maxlen)
        return self._netisrs[core.number]

    def _driver(self, queue: RxQueue) -> IrqDriver | QuotaDriver:
        machine = self._machine
        core, tx = machine.core_of(queue.number), self._tx.queues[queue.number]
        netisr = self._netisr(core)
        driver: IrqDriver | QuotaDriver
        if self._own.irq_cure == "polling":
            driver = QuotaDriver(machine, queue, netisr, tx, self._own.poll_quota)
            driver.feedback = self._screenq if self._own.queue_feedback else None
        else:
            driver = IrqDriver(machine, queue, netisr, tx)
        queue.vector = Vector(core, driver.irq_handler)
        return driver

    def path(self) -> tuple[Station, ...]:
        return path((WIRE, NIC, RX_RING), TX_RING, self._own)

    def finish(self) -> None:
        for driver in self._drivers:
            driver.unmask_again()
        self._timers.stop()

    def abandon(self) -> None:
        self._stack.abandon(self._machine.cores[0])

    def plans_ps(self) -> int:
        return self._timers.due_ps

    def held(self) -> int:
        waiting = sum(len(netisr.queue) for netisr in self._netisrs.values())
        return waiting + self._passing() + self._sockets.held() + self._tx.held() + self._stack.held

    def buffers(self) -> int:
        senders = sum(
            each.sender.in_hand
            for each in self._programs
            if isinstance(each, ReadLoop) and each.sender is not None
        )
        queued = self._sockets.buffers() + self._tx.buffers() + self._stack.buffers
        return self._passing() + queued + senders

    def _passing(self) -> int:
        """Packets on their way up, and those that are being screened."""
        rising = sum(netisr.intake.in_hand for netisr in self._netisrs.values())
        screened = sum(each.in_hand for each in self._programs if isinstance(each, Screend))
        return rising + screened + (len(self._screenq) if self._screenq is not None else 0)

    def rings(self) -> list[RingMeter]:
        queues = [netisr.queue.entries.meter() for netisr in self._netisrs.values()]
        if self._own.irq_cure == "polling":
            queues = []
        return queues + ([self._screenq.entries.meter()] if self._screenq is not None else [])

    def sockets(self) -> dict[str, SocketMeter]:
        return self._sockets.meters()
