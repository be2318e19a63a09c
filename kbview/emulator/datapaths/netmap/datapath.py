"""netmap: the application works on slots that it shares with the kernel, a system call a batch."""

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.datapath import NIC, RX_RING, WIRE, Datapath
from kbview.emulator.datapaths.netmap.queue import NetmapQueue
from kbview.emulator.datapaths.netmap.thread import NetmapSender, NetmapThread
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.ring import RxRing
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.emulator.work import WORKS
from kbview.tape.station import STACK, Domain, Station, bypass

IRQ, *ABOVE = STACK


class Netmap(Datapath):
    """A thread a queue: poll() syncs the rings or sleeps; then the slots are worked on in place."""

    name = "netmap"
    summary = "slots in shared memory; poll() syncs a batch of them; no copy, no sk_buff"
    stations = (
        WIRE,
        NIC,
        RX_RING,
        IRQ,
        Station(
            "sync",
            Domain.KERNEL,
            "rxsync and txsync: one system call shows a batch of slots and takes back the used ones",
            ("netmap_sync", "RingSynced", "netmap_rx_slot", "netmap_tx_slot", "poll_wait"),
        ),
        *bypass(tuple(ABOVE)),
        Station(
            "poll",
            Domain.USER,
            "poll(): crosses the wall once a batch; sleeps only when no slot is filled",
            ("syscall_enter", "syscall_exit", "context_switch"),
        ),
        Station("app", Domain.USER, "the application's own work, in the slot", ("app_work",)),
    )
    serves = ("sink", "echo", "forward", "drop", "generate")
    steps = (
        "dma_write",
        "msix_delivery",
        "hardirq",
        "try_to_wake_up",
        "idle_exit",
        "context_switch",
        "syscall_enter",
        "poll_wait",
        "netmap_sync",
        "netmap_rx_slot",
        "syscall_exit",
        "app_work",
        "frame_rewrite",
        "netmap_tx_slot",
        "doorbell",
        "tx_fetch",
    )
    reading = ("L. Rizzo, netmap, USENIX ATC 2012", "netmap(4)")

    def __init__(self, machine: Machine, settings: Settings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        nic = machine.nic
        self._rings = [RxRing(queue.number, settings.ring) for queue in nic.queues]
        self._tx_rings = [machine.tx_ring(ring.queue, settings.tx_ring) for ring in self._rings]
        self._app = APPLICATIONS[settings.app](machine)
        if self._app.name == "generate":
            for ring in self._rings:
                ring.withhold()
        self._made = Production(machine, settings.send_size, settings.send_frames)
        self._threads: list[NetmapThread] = []

    def start(self) -> None:
        nic = self._machine.nic
        nic.open(self._rings, self._tx_rings)
        for queue in nic.queues:
            core = self._machine.core_of(queue.number)
            self._threads.append(self._thread(queue, core))
        for thread in self._threads:
            thread.start()

    def _thread(self, queue: RxQueue, core: Core) -> NetmapThread:
        tx, burst = self._tx_rings[queue.number], self._settings.burst
        shared = NetmapQueue(self._machine, core, queue, tx, burst)
        if self._app.name == "generate":
            return NetmapSender(self._machine, shared, self._made, burst)
        return NetmapThread(self._machine, shared, WORKS[self._app.name](self._machine, self._app, ()))

    def finish(self) -> None:
        self._made.left = 0
        for thread in self._threads:
            thread.shared.wait_anew()

    def unfinished(self) -> bool:
        return any(thread.waiting for thread in self._threads)

    def held(self) -> int:
        return sum(thread.in_hand for thread in self._threads)
