"""AF_XDP: an XDP program in the driver's poll hands frames to a socket of shared rings.

lecture, station, function, file

3.1  wire     Nic.load               hardware/nic.py
3.1  NIC      Port.sort              hardware/nic.py
3.1  rx ring  RxRing.claim           hardware/ring.py
3.2  irq      Napi.irq_handler       kernel/device/napi.py
3.3  softirq  Softirq.net_rx_action  kernel/softirq.py
-    XDP      XskPoll._redirect      datapaths/af_xdp/poll.py
-    wakeup   XskPoll.wake_up        datapaths/af_xdp/poll.py
-    umem     XskReader._take        datapaths/af_xdp/reader.py
-    app      XskReader._main        datapaths/af_xdp/reader.py
-    send     XskPoll.xsk_sendmsg    datapaths/af_xdp/poll.py
-    tx ring  TxRing.doorbell        hardware/tx.py
"""

from typing import NamedTuple

from kbview.emulator.application import APPLICATIONS, Production
from kbview.emulator.burst_work import WORKS
from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, RX_RING, TX_RING, WIRE, Datapath, WayRow
from kbview.emulator.datapaths.af_xdp.poll import XskPoll
from kbview.emulator.datapaths.af_xdp.reader import XskReader
from kbview.emulator.datapaths.af_xdp.sender import XskSender
from kbview.emulator.datapaths.af_xdp.xsk import XskMode, XskRings, XskSettings
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.rxqueue import RxQueue
from kbview.emulator.hardware.tx import TxRing
from kbview.emulator.kernel.softirq import Softirqs
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter
from kbview.tape.station import STACK, Domain, Station, bypass

WAY = (
    *ARRIVAL,
    WayRow("3.2", "irq", "Napi.irq_handler", "kernel/device/napi.py"),
    WayRow("3.3", "softirq", "Softirq.net_rx_action", "kernel/softirq.py"),
    WayRow("-", "XDP", "XskPoll._redirect", "datapaths/af_xdp/poll.py"),
    WayRow("-", "wakeup", "XskPoll.wake_up", "datapaths/af_xdp/poll.py"),
    WayRow("-", "umem", "XskReader._take", "datapaths/af_xdp/reader.py"),
    WayRow("-", "app", "XskReader._main", "datapaths/af_xdp/reader.py"),
    WayRow("-", "send", "XskPoll.xsk_sendmsg", "datapaths/af_xdp/poll.py"),
    DEPARTURE,
)
IRQ, SOFTIRQ, *ABOVE = STACK
RING_SIZE = 2048  # XSK_RING_CONS__DEFAULT_NUM_DESCS
CHUNKS = 2048  # as many as xdpsock of 2019 puts into its FILL ring
XDP = Station(
    "XDP",
    Domain.KERNEL,
    "a program in the driver's poll redirects the frame to the socket of this queue",
)
UMEM = Station(
    "umem",
    Domain.USER,
    "RX and FILL rings in shared memory, read and written without a system call",
)
APP = Station("app", Domain.USER, "the application's own work")
WAKEUP = Station(
    "wakeup",
    Domain.KERNEL,
    "poll() or sendto(), a system call made only where the driver asks for it",
)
SEND = Station(
    "send",
    Domain.KERNEL,
    "sendto(): the call copies frames out of umem into sk_buffs and gives them to the driver",
)


class Bound(NamedTuple):
    """A socket that is bound to a queue: the driver below it and the thread above it."""

    driver: XskPoll
    xsk: XskRings
    thread: XskReader | XskSender


class AfXdp(Datapath):
    """A socket on every queue; its thread on the last cores, or on the driver's core (app_cpu = 0)."""

    name = "af_xdp"
    summary = "the driver's poll, an XDP program, four shared rings; no sk_buff, no stack"
    way = WAY
    stations = (
        WIRE,
        NIC,
        RX_RING,
        IRQ,
        SOFTIRQ,
        XDP,
        *bypass(tuple(ABOVE)),
        WAKEUP,
        UMEM,
        APP,
    )
    serves = ("sink", "echo", "forward", "drop", "generate")
    reading = (
        "Linux Documentation/networking/af_xdp.rst",
        "B. Toepel, M. Karlsson, AF_XDP, Linux Plumbers Conference 2018",
    )

    def __init__(self, machine: Machine, settings: CommonSettings, _host: Host) -> None:
        self._machine = machine
        self._settings = settings
        self._app = APPLICATIONS[settings.app](machine)
        self._made = Production(machine, settings.send_size, settings.send_frames, settings.queues)
        self._bound: list[Bound] = []

    def start(self) -> None:
        machine = self._machine
        tx_rings = machine.open_nic(self._settings)
        softirqs = Softirqs(machine, self._settings)
        for queue in machine.nic.queues:
            self._bound.append(self._bind(queue, tx_rings[queue.number], softirqs))
        for bound in self._bound:
            bound.thread.start()
        for bound in self._bound:
            bound.driver.unmask()

    def _bind(self, queue: RxQueue, tx: TxRing, softirqs: Softirqs) -> Bound:
        """A socket for a queue, with its driver and its thread."""
        machine, settings, app = self._machine, self._settings, self._app
        own = settings.part(XskSettings)
        zero_copy = own.xdp_mode == "zero_copy"
        mode = XskMode(zero_copy, own.need_wakeup, app.transit, own.tx_wakeup == "idle")
        core = machine.cores[(settings.reader_cpu - queue.number) % settings.cores]
        in_nic = queue.ring.size - 1 if zero_copy else 0
        xsk = XskRings(machine, queue.number, RING_SIZE, CHUNKS - in_nic, core)
        softirq = softirqs.of(machine.core_of(queue.number))
        driver = XskPoll(machine, queue, tx, softirq, xsk, mode)
        if app.name == "generate":
            thread = XskSender(machine, core, xsk, driver, self._made, settings.burst)
            return Bound(driver, xsk, thread)
        work = WORKS[app.name](machine, app, (), untouched=zero_copy)
        sleeps = own.xsk_wait == "poll"
        reader = XskReader(machine, core, xsk, driver, work, settings.burst, sleeps=sleeps)
        return Bound(driver, xsk, reader)

    def path(self) -> tuple[Station, ...]:
        if self._settings.app not in ("echo", "forward", "generate"):
            return self.stations
        up = tuple(each for each in self.stations if each is not WAKEUP)
        copies = self._settings.part(XskSettings).xdp_mode == "copy"
        return (*up, SEND if copies else WAKEUP, TX_RING)

    def finish(self) -> None:
        for bound in self._bound:
            bound.driver.unmask_again()
        self._made.left = 0
        for bound in self._bound:
            bound.thread.stop()

    def unfinished(self) -> bool:
        sending = self._app.name == "generate"
        if sending and (self._made.left or any(bound.thread.outstanding for bound in self._bound)):
            return True
        return any(bound.xsk.to_send for bound in self._bound)

    def buffers(self) -> int:
        return sum(bound.driver.buffers for bound in self._bound)

    def held(self) -> int:
        passes_on = self._app.transit
        in_rings = sum(bound.xsk.held(passes_on=passes_on) for bound in self._bound)
        return in_rings + sum(bound.driver.in_hand for bound in self._bound)

    def rings(self) -> list[RingMeter]:
        return [meter for bound in self._bound for meter in bound.xsk.meters()]
