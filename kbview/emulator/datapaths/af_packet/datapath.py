"""AF_PACKET, TPACKET_V3: the kernel copies each packet into a shared block; the reader walks blocks.

lecture, station, function, file

3.1  wire       Nic.load               hardware/nic.py
3.1  NIC        Port.sort              hardware/nic.py
3.1  rx ring    RxRing.claim           hardware/ring.py
3.2  irq        Napi.irq_handler       kernel/device/napi.py
3.3  softirq    Softirq.net_rx_action  kernel/softirq.py
3.3  skb        DriverPoll.make_skb    kernel/device/driver.py
-    block      PacketRing.receive     datapaths/af_packet/ring.py
3.4  IP         PacketRing.receive     datapaths/af_packet/ring.py
3.4  TCP/UDP    PacketRing.receive     datapaths/af_packet/ring.py
-    no socket  SkbCache.freed         kernel/skb.py
-    poll       BlockReader._sleep     datapaths/af_packet/reader.py
-    walk       BlockReader._walk      datapaths/af_packet/reader.py
-    app        BlockReader._walk      datapaths/af_packet/reader.py
"""

import msgspec

from kbview.emulator.application import APPLICATIONS
from kbview.emulator.common_settings import US_PS, CommonSettings
from kbview.emulator.datapath import ARRIVAL, NIC, RX_RING, WIRE, Datapath, WayRow
from kbview.emulator.datapaths.af_packet.reader import BlockReader
from kbview.emulator.datapaths.af_packet.ring import Geometry, PacketRing, PacketRingSettings
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.device.driver import DriverPoll
from kbview.emulator.kernel.send.xmit import plain_queues
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.softirq import Softirq, Softirqs
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter
from kbview.tape.station import STACK, Domain, Station

WAY = (
    *ARRIVAL,
    WayRow("3.2", "irq", "Napi.irq_handler", "kernel/device/napi.py"),
    WayRow("3.3", "softirq", "Softirq.net_rx_action", "kernel/softirq.py"),
    WayRow("3.3", "skb", "DriverPoll.make_skb", "kernel/device/driver.py"),
    WayRow("-", "block", "PacketRing.receive", "datapaths/af_packet/ring.py"),
    WayRow("3.4", "IP", "PacketRing.receive", "datapaths/af_packet/ring.py"),
    WayRow("3.4", "TCP/UDP", "PacketRing.receive", "datapaths/af_packet/ring.py"),
    WayRow("-", "no socket", "SkbCache.freed", "kernel/skb.py"),
    WayRow("-", "poll", "BlockReader._sleep", "datapaths/af_packet/reader.py"),
    WayRow("-", "walk", "BlockReader._walk", "datapaths/af_packet/reader.py"),
    WayRow("-", "app", "BlockReader._walk", "datapaths/af_packet/reader.py"),
)
IRQ, SOFTIRQ, SKB, IP, TRANSPORT, _ = STACK


class AfPacket(Datapath):
    """A packet socket with a ring on every queue; its reader on the last cores."""

    name = "af_packet"
    summary = "the kernel's way up to the tap, one copy into a shared block, no copy to the user"
    stations = (
        WIRE,
        NIC,
        RX_RING,
        IRQ,
        SOFTIRQ,
        SKB,
        Station(
            "block",
            Domain.KERNEL,
            "the tap copies the packet into the open block; a full or timed-out block is the user's",
        ),
        *(msgspec.structs.replace(station, beside=True) for station in (IP, TRANSPORT)),
        Station(
            "no socket",
            Domain.KERNEL,
            "the sk_buff climbed the stack as ever and no socket is bound to its port: freed here",
            beside=True,
        ),
        Station(
            "poll",
            Domain.KERNEL,
            "a system call, made only when the reader owns no block: it sleeps until it gets one",
        ),
        Station("walk", Domain.USER, "the reader goes through a block in place, without a system call"),
        Station("app", Domain.USER, "the application's own work"),
    )
    way = WAY
    serves = ("sink", "drop")
    reading = (
        "Linux Documentation/networking/packet_mmap.rst",
        "Linux net/packet/af_packet.c tpacket_rcv()",
    )

    def __init__(self, machine: Machine, settings: CommonSettings, _host: Host) -> None:
        app = APPLICATIONS[settings.app](machine)
        skbs = SkbCache(machine)
        queues = machine.nic.queues
        tx = plain_queues(machine, settings, skbs, machine.open_nic(settings))
        softirqs = Softirqs(machine, settings)
        own = settings.part(PacketRingSettings)
        geometry = Geometry(own.blocks, own.block_bytes, round(own.retire_us * US_PS))
        self._blocks: list[PacketRing] = []
        self._softirqs: list[Softirq] = []  # of the rings, in their order
        self._napis: list[DriverPoll] = []
        self._readers: list[BlockReader] = []
        for queue in queues:
            number, softirq = queue.number, softirqs.of(machine.core_of(queue.number))
            ring = PacketRing(machine, number, skbs, geometry)
            self._blocks.append(ring)
            self._softirqs.append(softirq)
            self._napis.append(DriverPoll(machine, queue, softirq, ring, tx.queues[number]))
            reader_core = machine.cores[(settings.reader_cpu - number) % settings.cores]
            self._readers.append(BlockReader(machine, reader_core, ring, app))

    def start(self) -> None:
        for ring, softirq in zip(self._blocks, self._softirqs, strict=True):
            ring.timers.start(softirq)
        for reader in self._readers:
            reader.start()
        for napi in self._napis:
            napi.unmask()

    def finish(self) -> None:
        for napi in self._napis:
            napi.unmask_again()

    def held(self) -> int:
        walking = sum(reader.in_hand for reader in self._readers)
        return walking + self.buffers() + sum(ring.held() for ring in self._blocks)

    def buffers(self) -> int:
        return sum(napi.in_hand for napi in self._napis)

    def rings(self) -> list[RingMeter]:
        return [ring.meter() for ring in self._blocks]
