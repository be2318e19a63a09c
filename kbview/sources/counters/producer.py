"""The kernel's counters as meters: totals without events, for an interface or the whole machine."""

import contextlib
import os

from kbview.sources.choosing.wanted import WantedPackets
from kbview.sources.counters import anomalies, delivery
from kbview.sources.counters.core_table import IrqTable, softnet
from kbview.sources.counters.cpu_users import CpuUsers
from kbview.sources.counters.device_counters import DeviceCounters
from kbview.sources.counters.reading import CounterFiles, CounterReading
from kbview.sources.counters.sockets import SocketMeters
from kbview.sources.counters.subject import Subject
from kbview.sources.counters.unexplained import Unexplained
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.tape.events import Event
from kbview.tape.meter import CoreMeter, Meters, SocketMeter, StageMeter
from kbview.tape.station import STACK, Domain, Station

_PERIOD_PS = 10**11  # between two readings
_SOCKETS_EVERY = 3  # readings to one of the sockets
_MOST_READINGS = 3_000  # that wait for a viewer in slow motion; then every other one goes
_TICK_PS = 10**12 // os.sysconf("SC_CLK_TCK")
_IRQ, _SOFTIRQ = STACK[0], STACK[1]

WAY = WatchedPath(
    "kernel",
    "the ordinary stack, as its own counters tell it",
    (
        Station("wire", Domain.HARDWARE, "all interfaces of this namespace"),
        Station("NIC", Domain.HARDWARE, "the interfaces and their drivers", ("DescriptorDone",)),
        _IRQ,
        _SOFTIRQ,
        Station("skb", Domain.KERNEL, "sk_buffs that net_rx_action passed up", ("netif_receive_skb",)),
        Station("IP", Domain.KERNEL, "datagrams that IPv4 and IPv6 received", ("ip_rcv",)),
        Station("TCP/UDP", Domain.KERNEL, "segments and datagrams for TCP and UDP", ("transport_rcv",)),
        Station("socket", Domain.KERNEL, "the fullest receive queue", ("SocketQueued", "consumed")),
        Station("app", Domain.USER, "UDP read, TCP taken in, ICMP answered", ("PacketDelivered",)),
    ),
)
_BESIDE = frozenset(
    {
        "missed",
        "sent",
        "sent_bytes",
        "softirqs",
        "squeezes",
        "cores",
        "cores_shared",
        "gauges",
        "sockets",
    }
)
_LEADING = frozenset({"arrived", "arrived_bytes", "delivered", "dropped", "drops", "unsent"})


class CountersProducer(Producer):
    """Beside another producer it tells the counts that are unknown there; leading, also packets' fate.

    `interface` None is all of this namespace. Interrupts are known where none can come, or where
    their lines were found. `wanted` chooses sockets: the totals count all packets.
    """

    name = "counters"
    way = WAY

    def __init__(
        self,
        clock: WatchClock,
        interface: str | None = None,
        *,
        leading: bool = False,
        wanted: WantedPackets | None = None,
    ) -> None:
        self._clock = clock
        self._leading = leading
        with contextlib.ExitStack() as opened:
            subject = Subject(interface)
            opened.callback(subject.close)
            self._counters = CounterFiles(subject)
            self._sockets = SocketMeters(wanted)
            self._users = CpuUsers()
            self._device = DeviceCounters(interface) if interface is not None else None
            opened.pop_all()
        known = _BESIDE | _LEADING if leading else _BESIDE
        lines = self._counters.interrupt_lines()
        self._irqs = IrqTable()
        self.meters = known | ({"interrupts"} if lines or not subject.has_hardware else set())
        self._since = self._counters.read()
        self._count = 0
        self._pending: list[tuple[int, CounterReading, dict[str, SocketMeter]]] = []
        self._shown = (0, self._since, dict[str, SocketMeter]())
        self._unexplained = Unexplained()
        self._named: set[str] = set()  # gauges of processes that are shown

    def start(self) -> None:
        self._since = self._counters.read()
        self._shown = (0, self._since, self._sockets.meters())

    def settled_ps(self) -> int:
        now_ps = self._clock.now_ps()
        last_ps, _, sockets = self._pending[-1] if self._pending else self._shown
        if now_ps - last_ps >= _PERIOD_PS:
            self._count += 1
            self._users.look()
            if self._count % _SOCKETS_EVERY == 0:
                sockets = self._sockets.meters()
            self._pending.append((now_ps, self._counters.read(), sockets))
            if len(self._pending) > _MOST_READINGS:
                del self._pending[:-1:2]
        return now_ps

    def take(self, until_ps: int) -> list[Event]:
        while self._pending and self._pending[0][0] <= until_ps:
            self._shown = self._pending.pop(0)
            now = self._shown[1]
            self._unexplained.add(delivery.unexplained(now, self._since), len(now.stat.cores))
        return []

    def show(self, meters: Meters) -> None:
        _, now, sockets = self._shown
        since = self._since
        meters.missed = now.links.rx_missed - since.links.rx_missed
        meters.sent = now.links.tx_packets - since.links.tx_packets
        meters.sent_bytes = now.links.tx_bytes - since.links.tx_bytes
        meters.interrupts = now.interrupts - since.interrupts
        meters.softirqs = now.net_rx - since.net_rx
        meters.squeezes = now.softnet.squeezed - since.softnet.squeezed
        switches = now.stat.context_switches - since.stat.context_switches
        meters.gauges["context switches, whole machine"] = switches
        meters.gauges.update(anomalies.gauges(now, since))
        self._show_users(meters)
        lines = self._counters.interrupt_lines()
        if self._device is not None:
            meters.gauges.update(self._device.gauges())
        meters.softnet, meters.irqs = softnet(now, since), self._irqs.meters(lines)
        meters.cores = _cores(now, since)
        meters.sockets = sockets
        if self._leading:
            self._lead(meters, now, since)

    def _show_users(self, meters: Meters) -> None:
        """The processes that use the cores most; a process that no longer does leaves the list."""
        for name in self._named.difference(users := self._users.gauges()):
            meters.gauges.pop(name, None)
        self._named = set(users)
        meters.gauges.update(users)

    def _lead(self, meters: Meters, now: CounterReading, since: CounterReading) -> None:
        meters.arrived_bytes = now.links.rx_bytes - since.links.rx_bytes
        meters.delivered = delivery.consumed(now, since)
        meters.unsent = delivery.unsent(now, since)
        meters.drops.update(delivery.drops(now, since))
        meters.drops.update(self._unexplained.drops)
        ended = meters.delivered + meters.missed + sum(meters.drops.values())
        came = now.links.rx_packets - since.links.rx_packets + meters.missed
        meters.arrived = max(came, ended)  # a frame that finds the backlog full is not in rx_packets
        meters.in_flight = meters.arrived - ended  # or forwarded, or for nobody's protocol
        for step, count in delivery.passes(now, since).items():
            meters.stages[step] = StageMeter(count)

    def close(self) -> None:
        self._counters.close()
        if self._device is not None:
            self._device.close()
        self._sockets.close()


def _cores(now: CounterReading, since: CounterReading) -> list[CoreMeter]:
    """A row for each core, numbered without gaps: a core that is offline has no time."""
    cores = []
    for cpu in range(max(now.stat.cores, default=-1) + 1):
        meter = CoreMeter(cpu, task="")
        if cpu in now.stat.cores:
            ticks = now.ticks(cpu, since)
            meter.user_ps = (ticks.user + ticks.nice) * _TICK_PS
            meter.syscall_ps = ticks.system * _TICK_PS
            meter.idle_ps = (ticks.idle + ticks.iowait) * _TICK_PS
            meter.hardirq_ps = ticks.hardirq * _TICK_PS
            meter.softirq_ps = ticks.softirq * _TICK_PS
        cores.append(meter)
    return cores
