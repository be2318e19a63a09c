"""psio: packets are copied out of a huge buffer, a chunk of them a system call; no sk_buff at all.

lecture, station, function, file

3.1  wire     Nic.load                   hardware/nic.py
3.1  NIC      Port.sort                  hardware/nic.py
-    cells    RxRing.claim               hardware/ring.py
-    irq      PsioHandle._irq_handler    kernel/psio/handle.py
-    softirq  PsioHandle.poll            kernel/psio/handle.py
-    ioctl    PsioHandle.recv_chunk      kernel/psio/handle.py
-    copy     PsioQueue.copy_rx_packets  kernel/psio/psio_engine.py
-    app      PsioThread._main           datapaths/psio/thread.py
-    send     PsioQueue.xmit_batch       kernel/psio/psio_engine.py
-    tx ring  TxRing.doorbell            hardware/tx.py
"""

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.burst_work import WORKS
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, TX_RING, WIRE, Datapath, WayRow
from kbview.emulator.datapaths.psio.sender import PsioSender
from kbview.emulator.datapaths.psio.thread import PsioThread
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.psio.psio_engine import PsioQueue
from kbview.emulator.kernel.psio.stations import ENGINE, SEND
from kbview.emulator.kernel.softirq import Softirqs
from kbview.emulator.protocol.host import Host
from kbview.tape.station import Domain, Station

WAY = (
    *ARRIVAL[:2],
    WayRow("-", "cells", "RxRing.claim", "hardware/ring.py"),
    WayRow("-", "irq", "PsioHandle._irq_handler", "kernel/psio/handle.py"),
    WayRow("-", "softirq", "PsioHandle.poll", "kernel/psio/handle.py"),
    WayRow("-", "ioctl", "PsioHandle.recv_chunk", "kernel/psio/handle.py"),
    WayRow("-", "copy", "PsioQueue.copy_rx_packets", "kernel/psio/psio_engine.py"),
    WayRow("-", "app", "PsioThread._main", "datapaths/psio/thread.py"),
    WayRow("-", "send", "PsioQueue.xmit_batch", "kernel/psio/psio_engine.py"),
    DEPARTURE,
)


class Psio(Datapath):
    """A thread a core, pinned beside its queues (RSS): receive a chunk, work on it, send it."""

    name = "psio"
    summary = "a huge packet buffer; a system call copies a chunk of packets; no sk_buff"
    way = WAY
    stations = (
        WIRE,
        NIC,
        *ENGINE,
        Station(
            "app",
            Domain.USER,
            "the application's own work on a chunk of packets, warm in its cache by the copy",
        ),
    )
    serves = ("sink", "echo", "forward", "drop", "generate")
    reading = ("S. Han et al., PacketShader, SIGCOMM 2010", "mTCP's io_engine: ixgbe_main.c, ps.h")

    def __init__(self, machine: Machine, settings: CommonSettings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._app = APPLICATIONS[settings.app](machine)
        self._made = Production(machine, settings.send_size, settings.send_frames)
        self._threads: list[PsioThread | PsioSender] = []

    def start(self) -> None:
        machine = self._machine
        tx_rings = machine.open_nic(self._settings, receives=self._app.name != "generate")
        softirqs = Softirqs(machine, self._settings)
        for core in machine.cores:
            queues = [
                PsioQueue(machine, queue, tx_rings[queue.number]) for queue in machine.queues_of(core)
            ]
            if queues:
                self._threads.append(self._thread(core, queues, softirqs))
        for thread in self._threads:
            thread.start()

    def _thread(
        self, core: Core, queues: list[PsioQueue], softirqs: Softirqs
    ) -> PsioThread | PsioSender:
        machine, app, most = self._machine, self._app, self._settings.burst
        if app.name == "generate":
            return PsioSender(machine, core, queues, softirqs, self._made, most)
        work = WORKS[app.name](machine, app, (), untouched=False)
        return PsioThread(machine, core, queues, softirqs, work, most)

    def path(self) -> tuple[Station, ...]:
        if self._settings.app in ("echo", "forward", "generate"):
            return (*self.stations, SEND, TX_RING)
        return self.stations

    def finish(self) -> None:
        for thread in self._threads:
            thread.wait_anew()

    def held(self) -> int:
        return sum(thread.in_hand for thread in self._threads)
