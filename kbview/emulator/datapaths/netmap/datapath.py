"""netmap: the application works on slots that it shares with the kernel, a system call a batch.

lecture, station, function, file

3.1    wire     Nic.load                  hardware/nic.py
3.1    NIC      Port.sort                 hardware/nic.py
3.1    rx ring  RxRing.claim              hardware/ring.py
5.1.2  irq      NetmapQueue.irq_handler   datapaths/netmap/queue.py
5.1.2  softirq  NetmapQueue.poll          datapaths/netmap/queue.py
5.1.2  poll     NetmapThread._poll_rings  datapaths/netmap/thread.py
5.1.2  sync     NetmapQueue.rxsync        datapaths/netmap/queue.py
5.1.2  sync     NetmapQueue.txsync        datapaths/netmap/queue.py
5.1.2  app      NetmapThread._main        datapaths/netmap/thread.py
-      tx ring  TxRing.doorbell           hardware/tx.py
"""

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.burst_work import WORKS
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, RX_RING, TX_RING, WIRE, Datapath, WayRow
from kbview.emulator.datapaths.netmap.queue import NetmapQueue, NetmapSettings
from kbview.emulator.datapaths.netmap.sender import NetmapSender
from kbview.emulator.datapaths.netmap.thread import NetmapThread
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.kernel.softirq import Softirqs
from kbview.emulator.protocol.host import Host
from kbview.tape.station import STACK, Domain, Station, bypass

WAY = (
    *ARRIVAL,
    WayRow("5.1.2", "irq", "NetmapQueue.irq_handler", "datapaths/netmap/queue.py"),
    WayRow("5.1.2", "softirq", "NetmapQueue.poll", "datapaths/netmap/queue.py"),
    WayRow("5.1.2", "poll", "NetmapThread._poll_rings", "datapaths/netmap/thread.py"),
    WayRow("5.1.2", "sync", "NetmapQueue.rxsync", "datapaths/netmap/queue.py"),
    WayRow("5.1.2", "sync", "NetmapQueue.txsync", "datapaths/netmap/queue.py"),
    WayRow("5.1.2", "app", "NetmapThread._main", "datapaths/netmap/thread.py"),
    DEPARTURE,
)
IRQ, SOFTIRQ, *ABOVE = STACK


class Netmap(Datapath):
    """A thread a queue: poll() syncs the rings or sleeps; then the slots are worked on in place."""

    name = "netmap"
    summary = "slots in shared memory; poll() syncs a batch of them; no copy, no sk_buff"
    way = WAY
    stations = (
        WIRE,
        NIC,
        RX_RING,
        IRQ,
        SOFTIRQ,
        *bypass(tuple(ABOVE)),
        Station(
            "poll",
            Domain.KERNEL,
            "poll(): crosses the wall once a batch; sleeps only when no slot is filled",
        ),
        Station(
            "sync",
            Domain.KERNEL,
            "rxsync and txsync, within the call: a batch of slots is shown, the used ones taken back",
        ),
        Station("app", Domain.USER, "the application's own work, in the slot"),
    )
    serves = ("sink", "echo", "forward", "drop", "generate")
    reading = ("L. Rizzo, netmap, USENIX ATC 2012", "netmap(4)")

    def __init__(self, machine: Machine, settings: CommonSettings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._app = APPLICATIONS[settings.app](machine)
        self._made = Production(machine, settings.send_size, settings.send_frames)
        self._queues: list[NetmapQueue] = []
        self._threads: list[NetmapThread | NetmapSender] = []

    def start(self) -> None:
        machine = self._machine
        linux = self._settings.part(NetmapSettings).netmap_os == "linux"
        softirqs = Softirqs(machine, self._settings) if linux else None
        tx_rings = machine.open_nic(self._settings, receives=self._app.name != "generate")
        for queue in machine.nic.queues:
            self._threads.append(self._thread(queue, tx_rings[queue.number], softirqs))
        for thread in self._threads:
            thread.start()

    def _thread(
        self, queue: RxQueue, tx: TxRing, softirqs: Softirqs | None
    ) -> NetmapThread | NetmapSender:
        """The thread of a queue pair, on the core that takes its interrupts."""
        machine, app, burst = self._machine, self._app, self._settings.burst
        core, sends = machine.core_of(queue.number), app.name == "generate"
        scheduler = softirqs.of(core) if softirqs is not None else None
        shared = NetmapQueue(machine, core, queue, tx, scheduler, completes=sends)
        self._queues.append(shared)
        if sends:
            return NetmapSender(machine, shared, self._made, burst)
        work = WORKS[app.name](machine, app, (), untouched=True)
        return NetmapThread(machine, shared, work)

    def path(self) -> tuple[Station, ...]:
        passed = bypass((SOFTIRQ,))[0]
        linux = self._settings.part(NetmapSettings).netmap_os == "linux"
        way = tuple(passed if each is SOFTIRQ and not linux else each for each in self.stations)
        return (*way, TX_RING) if self._settings.app in ("echo", "forward", "generate") else way

    def finish(self) -> None:
        self._made.left = 0
        for queue in self._queues:
            queue.wait_anew()

    def unfinished(self) -> bool:
        return any(thread.unsent for thread in self._threads)

    def held(self) -> int:
        return sum(thread.in_hand for thread in self._threads)
