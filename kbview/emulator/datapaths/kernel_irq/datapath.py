"""The textbook path: an interrupt for each packet, a soft interrupt later, read(), one copy.

    lecture, station, function, file: a packet's way to a reader, then the stations of other settings

    3.1  wire     Nic.load                         hardware/nic.py
    3.1  NIC      Port.sort                        hardware/nic.py
    3.1  rx ring  RxRing.claim                     hardware/ring.py
    3.2  irq      IrqDriver.irq_handler            datapaths/kernel_irq/driver.py
    3.2  ipintrq  InputQueue.enqueue               datapaths/kernel_irq/ipintrq.py
    3.3  softirq  Intake.receive                   datapaths/kernel_irq/netisr.py
    3.4  IP       ProtocolStack.netif_receive_skb  kernel/net/layers.py
    3.4  TCP/UDP  ProtocolStack.ip_local_deliver   kernel/net/layers.py
    3.4  socket   Socket.receive                   kernel/socket/socket.py
    3.5  read     ReadLoop._receive                datapaths/kernel_irq/read_loop.py
    3.5  app      user_work                        datapaths/kernel_irq/user_work.py
    -    irq      QuotaDriver.irq_handler          datapaths/kernel_irq/quota_driver.py
    -    poll     QuotaDriver.poll                 datapaths/kernel_irq/quota_driver.py
    -    screenq  ScreenQueue.receive              datapaths/kernel_irq/screend.py
    -    ioctl    Screend._shown                   datapaths/kernel_irq/screend.py
    -    screend  Screend._main                    datapaths/kernel_irq/screend.py
    -    send     SocketSender.answer              kernel/call/sender.py
    -    qdisc    TxQueue.xmit                     kernel/send/xmit.py
    -    tx ring  TxRing.doorbell                  hardware/tx.py

Interrupt, soft interrupt and read() each cross from user to kernel mode and back. Interrupts come
before soft interrupts and soft interrupts before the application, so the path collapses under load.
"""

from kbview.emulator.common_settings import CommonSettings, ScenarioError
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, RX_RING, TX_RING, WIRE, Datapath, WayRow
from kbview.emulator.datapaths.kernel_irq.netisr import ALLOCATE, Netisrs
from kbview.emulator.datapaths.kernel_irq.quota_driver import drivers_of
from kbview.emulator.datapaths.kernel_irq.read_loop import read_loops
from kbview.emulator.datapaths.kernel_irq.screend import Screend, ScreenQueue
from kbview.emulator.datapaths.kernel_irq.stations import STATIONS, KernelIrqSettings, path
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.network import datagram_stack
from kbview.emulator.kernel.send.xmit import Forwarder, plain_queues
from kbview.emulator.kernel.skb import Holder, SkbCache
from kbview.emulator.kernel.socket.reuseport import socket_group
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.station import Station

_HERE = "datapaths/kernel_irq"
WAY = (
    *ARRIVAL,
    WayRow("3.2", "irq", "IrqDriver.irq_handler", f"{_HERE}/driver.py"),
    WayRow("3.2", "ipintrq", "InputQueue.enqueue", f"{_HERE}/ipintrq.py"),
    WayRow("3.3", "softirq", "Intake.receive", f"{_HERE}/netisr.py"),
    WayRow("3.4", "IP", "ProtocolStack.netif_receive_skb", "kernel/net/layers.py"),
    WayRow("3.4", "TCP/UDP", "ProtocolStack.ip_local_deliver", "kernel/net/layers.py"),
    WayRow("3.4", "socket", "Socket.receive", "kernel/socket/socket.py"),
    WayRow("3.5", "read", "ReadLoop._receive", f"{_HERE}/read_loop.py"),
    WayRow("3.5", "app", "user_work", f"{_HERE}/user_work.py"),
    WayRow("-", "irq", "QuotaDriver.irq_handler", f"{_HERE}/quota_driver.py"),
    WayRow("-", "poll", "QuotaDriver.poll", f"{_HERE}/quota_driver.py"),
    WayRow("-", "screenq", "ScreenQueue.receive", f"{_HERE}/screend.py"),
    WayRow("-", "ioctl", "Screend._shown", f"{_HERE}/screend.py"),
    WayRow("-", "screend", "Screend._main", f"{_HERE}/screend.py"),
    WayRow("-", "send", "SocketSender.answer", "kernel/call/sender.py"),
    WayRow("-", "qdisc", "TxQueue.xmit", "kernel/send/xmit.py"),
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
    reading = (
        "Mogul and Ramakrishnan, Eliminating Receive Livelock, ACM TOCS 15(3), 1997",
        "McKusick et al., The Design and Implementation of the 4.4BSD Operating System, 12.8",
    )

    def __init__(self, machine: Machine, settings: CommonSettings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._own = own = settings.part(KernelIrqSettings)
        skbs = SkbCache(machine)
        self._tx = plain_queues(machine, settings, skbs, machine.open_nic(settings))
        self._sockets = socket_group(machine, settings, skbs, settings.queues)
        forwarder = Forwarder(self._tx) if settings.app == "forward" else None
        self._screenq: ScreenQueue | None = None
        self._screends: list[Screend] = []
        if own.screend and forwarder is not None:
            self._screenq = ScreenQueue(machine, skbs, own.screenq_maxlen)
            core = machine.cores[settings.reader_cpu]
            self._screends.append(Screend(machine, core, self._screenq, forwarder))
        self._stack = datagram_stack(
            machine,
            settings,
            host,
            skbs,
            ALLOCATE,
            self._rule(),
            self._sockets,
            self._screenq if self._screenq is not None else forwarder,
        )
        self._netisrs = Netisrs(machine, self._stack, own.ipintrq_maxlen)
        self._drivers = drivers_of(machine, own, self._netisrs, self._tx, self._screenq)
        self._readers = read_loops(machine, settings, self._sockets.tables, self._tx)

    @classmethod
    def check_own(cls, settings: CommonSettings) -> None:
        if settings.part(KernelIrqSettings).screend and settings.app != "forward":
            raise ScenarioError('screend = true screens what is forwarded; use app = "forward"')

    def _rule(self) -> str:
        """The hook at which netfilter drops every packet; "" where the application takes packets."""
        settings = self._settings
        if settings.app != "drop":
            return ""
        return "input" if settings.drop_at == "input" else "raw"

    def start(self) -> None:
        self._stack.timers.start(self._netisrs.of(self._machine.core_of(0)))
        for screend in self._screends:
            screend.start()
        for reader in self._readers:
            reader.start()
        for driver in self._drivers:
            driver.unmask()

    def path(self) -> tuple[Station, ...]:
        return path((WIRE, NIC, RX_RING), TX_RING, self._own)

    def finish(self) -> None:
        for driver in self._drivers:
            driver.unmask_again()
        self._stack.timers.stop()

    def abandon(self) -> None:
        self._stack.abandon(self._machine.cores[0])

    def plans_ps(self) -> int:
        return self._stack.timers.due_ps

    def _holders(self) -> tuple[Holder, ...]:
        queues = () if self._screenq is None else (self._screenq,)
        screened: tuple[Holder, ...] = (*queues, *self._screends)
        above = (self._stack, *screened, self._sockets, self._tx, *self._readers)
        return (*self._netisrs.all(), *above)

    def held(self) -> int:
        return sum(each.held for each in self._holders())

    def buffers(self) -> int:
        return sum(each.buffers for each in self._holders())

    def rings(self) -> list[RingMeter]:
        queues = [netisr.queue.entries.meter() for netisr in self._netisrs.all()]
        if self._own.irq_cure == "polling":
            queues = []
        return queues + ([self._screenq.entries.meter()] if self._screenq is not None else [])

    def sockets(self) -> dict[str, SocketMeter]:
        return self._sockets.meters()
