"""Linux with NAPI: interrupt, softirq, sk_buff, IP, TCP or UDP, socket, read(), one copy.

lecture, station, function, file: a packet's way to a reader, then the stations of other applications

3.1  wire         Nic.load                         hardware/nic.py
3.1  NIC          Port.sort                        hardware/nic.py
3.1  rx ring      RxRing.claim                     hardware/ring.py
3.2  irq          Napi.irq_handler                 kernel/device/napi.py
3.3  softirq      Softirq.net_rx_action            kernel/softirq.py
3.3  skb          DriverPoll.make_skb              kernel/device/driver.py
3.4  IP           ProtocolStack.netif_receive_skb  kernel/net/layers.py
3.4  TCP/UDP      ProtocolStack.ip_local_deliver   kernel/net/layers.py
3.4  TCP/UDP      TcpLayer.receive                 kernel/net/tcp.py
3.4  socket       Socket.receive                   kernel/socket/socket.py
3.5  read         SocketReader._receive            kernel/call/reader.py
3.5  app          SocketReader._deliver            kernel/call/reader.py
-    send         SocketSender.send                kernel/call/sender.py
-    pktgen       Pktgen._xmit                     kernel/send/pktgen.py
-    XDP          XdpProgram.run                   kernel/device/xdp.py
-    cpumap       CpuMapEntry.append               kernel/device/cpumap.py
-    generic XDP  GenericXdp.receive               kernel/net/generic_xdp.py
-    XDP out      XdpSender.receive                kernel/send/xdp_tx.py
-    qdisc        TxQueue.xmit                     kernel/send/xmit.py
-    tx ring      TxRing.doorbell                  hardware/tx.py
"""

from kbview.emulator.common_settings import CommonSettings
from kbview.emulator.datapath import ARRIVAL, DEPARTURE, NIC, RX_RING, TX_RING, WIRE, Datapath, WayRow
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.call.sharing import check_sharing, sockets_of
from kbview.emulator.kernel.call.threads import readers_of, senders_of
from kbview.emulator.kernel.device.instance import cpumap_of, napi_of, steps_below
from kbview.emulator.kernel.device.xdp_match import matches
from kbview.emulator.kernel.net.network import full_stack
from kbview.emulator.kernel.send.xdp_tx import device_queues
from kbview.emulator.kernel.skb import Holder, SkbCache
from kbview.emulator.kernel.softirq import Softirqs
from kbview.emulator.kernel.stations import SINK, past_program, path
from kbview.emulator.protocol.host import Host
from kbview.tape.meter import RingMeter, SocketMeter
from kbview.tape.station import Station

WAY = (
    *ARRIVAL,
    WayRow("3.2", "irq", "Napi.irq_handler", "kernel/device/napi.py"),
    WayRow("3.3", "softirq", "Softirq.net_rx_action", "kernel/softirq.py"),
    WayRow("3.3", "skb", "DriverPoll.make_skb", "kernel/device/driver.py"),
    WayRow("3.4", "IP", "ProtocolStack.netif_receive_skb", "kernel/net/layers.py"),
    WayRow("3.4", "TCP/UDP", "ProtocolStack.ip_local_deliver", "kernel/net/layers.py"),
    WayRow("3.4", "TCP/UDP", "TcpLayer.receive", "kernel/net/tcp.py"),
    WayRow("3.4", "socket", "Socket.receive", "kernel/socket/socket.py"),
    WayRow("3.5", "read", "SocketReader._receive", "kernel/call/reader.py"),
    WayRow("3.5", "app", "SocketReader._deliver", "kernel/call/reader.py"),
    WayRow("-", "send", "SocketSender.send", "kernel/call/sender.py"),
    WayRow("-", "pktgen", "Pktgen._xmit", "kernel/send/pktgen.py"),
    WayRow("-", "XDP", "XdpProgram.run", "kernel/device/xdp.py"),
    WayRow("-", "cpumap", "CpuMapEntry.append", "kernel/device/cpumap.py"),
    WayRow("-", "generic XDP", "GenericXdp.receive", "kernel/net/generic_xdp.py"),
    WayRow("-", "XDP out", "XdpSender.receive", "kernel/send/xdp_tx.py"),
    WayRow("-", "qdisc", "TxQueue.xmit", "kernel/send/xmit.py"),
    DEPARTURE,
)


class Kernel(Datapath):
    """A queue's interrupts go to its core; the application sleeps in a system call, on the last."""

    name = "kernel"
    summary = "interrupt, softirq, socket, read(): one copy"
    stations = (
        WIRE,
        NIC,
        RX_RING,
        *SINK,
    )
    way = WAY
    serves = ("sink", "echo", "forward", "drop", "http", "generate")
    drops_at = ("xdp", "raw", "input", "reject")
    speaks_tcp = True
    reading = (
        "Linux Documentation/networking/napi.rst",
        "Linux net/core/dev.c, net/ipv4/udp.c, net/ipv4/tcp_input.c",
    )

    def __init__(self, machine: Machine, settings: CommonSettings, host: Host) -> None:
        self._machine = machine
        self._settings = settings
        skbs = SkbCache(machine)
        queues = machine.nic.queues
        rings, generic = machine.open_nic(settings), settings.xdp_generic
        self._tx = device_queues(machine, settings, skbs, rings, xdp_generic=generic)
        self._sockets = sockets_of(machine, settings, skbs, _deliverers(settings))
        below = steps_below(settings)
        self._stack = full_stack(machine, settings, host, skbs, below, self._sockets, self._tx, generic)
        self._softirqs = softirqs = Softirqs(machine, settings)
        self._cpumap = cpumap_of(machine, settings, self._stack, softirqs)
        self._napis = [
            napi_of(machine, settings, queue, softirqs, self._stack, self._tx, self._cpumap)
            for queue in queues
        ]
        self._readers = readers_of(
            machine, settings, softirqs, self._napis, self._stack, self._sockets, self._tx
        )
        self._senders = senders_of(machine, settings, softirqs, self._stack, skbs, self._tx)
        above: tuple[Holder, ...] = (self._stack, self._sockets, self._tx, self._cpumap)
        self._holders = (*self._napis, *above, *self._readers, *self._senders)

    @classmethod
    def check_own(cls, settings: CommonSettings) -> None:
        check_sharing(settings)

    def start(self) -> None:
        self._stack.timers.start(self._softirqs.of(self._machine.core_of(0)))
        for reader in self._readers:
            reader.start()
        for sender in self._senders:
            sender.start()
        for napi in self._napis:
            napi.unmask()

    def path(self) -> tuple[Station, ...]:
        machine, settings = self._machine, self._settings
        peer = machine.peer
        acknowledges = peer.speaks_tcp if peer is not None else self._stack.replays
        stations = path(
            (WIRE, NIC, RX_RING),
            TX_RING,
            settings,
            xdp_generic=settings.xdp_generic,
            answers=acknowledges,
        )
        if not matches(settings):
            return stations
        return past_program(stations, cpumap=settings.cpumap_cpus > 0)

    def finish(self) -> None:
        for napi in self._napis:
            napi.unmask_again()
        self._stack.timers.stop()
        for sender in self._senders:
            sender.stop()

    def unfinished(self) -> bool:
        return any(sender.unfinished() for sender in self._senders) or self._tx.waiting

    def abandon(self) -> None:
        self._stack.abandon(self._machine.cores[0])

    def plans_ps(self) -> int:
        return self._stack.timers.due_ps

    def held(self) -> int:
        return sum(each.held for each in self._holders)

    def buffers(self) -> int:
        return sum(each.buffers for each in self._holders)

    def rings(self) -> list[RingMeter]:
        return self._cpumap.rings()

    def sockets(self) -> dict[str, SocketMeter]:
        meters = self._sockets.meters()
        for sender in self._senders:
            meters |= sender.meters()
        return meters


def _deliverers(settings: CommonSettings) -> int:
    """How many cores fill a socket; 0 where a reader shares its core with a thread that does."""
    if not settings.cpumap_cpus:
        return settings.queues
    return 0 if set(settings.cpumap_cores) & set(settings.reader_cpus) else settings.cpumap_cpus
