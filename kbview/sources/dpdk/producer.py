"""A DPDK application as a producer: its ports are the NIC and its lcores the cores."""

from pathlib import Path

from kbview.sources.dpdk.client import TelemetryClient, TelemetryError
from kbview.sources.dpdk.delta import Delta
from kbview.sources.dpdk.poller import GONE, Poller
from kbview.sources.dpdk.snapshot import Fill, Snapshot, take
from kbview.sources.watching.clock import WatchClock
from kbview.sources.watching.producer import Producer, WatchedPath
from kbview.tape.events import Event, SourceNoted
from kbview.tape.meter import CoreMeter, Meters, RingMeter
from kbview.tape.source import SourceError
from kbview.tape.station import STACK, Domain, Station, bypass
from kbview.tape.vocabulary import RingKind

_STATS = ("ipackets", "opackets", "ibytes", "obytes", "imissed", "ierrors", "oerrors", "rx_nombuf")
_MOST_GAUGES = 400
RING, MEMPOOL = RingKind.DPDK_RING, RingKind.MEMPOOL

WAY = WatchedPath(
    "dpdk",
    "a running application, as its telemetry socket tells it",
    (
        Station("wire", Domain.HARDWARE, "what reached the application's ports"),
        Station("NIC", Domain.HARDWARE, "ports that a poll-mode driver holds", ("DescriptorDone",)),
        *bypass(STACK),
        Station(
            "rx_burst", Domain.USER, "frames that its receive calls returned", ("PacketDelivered",)
        ),
        Station("tx_burst", Domain.USER, "frames that its ports sent", ("FrameSent",)),
    ),
)
_ALWAYS = {"arrived", "delivered", "sent", "missed", "dropped", "arrived_bytes", "delivered_bytes"} | {
    "sent_bytes",
    "drops",
    "gauges",
}


class TelemetryProducer(Producer):
    """Connects when made; SourceError with exit code 4 or 1 if that fails."""

    name = "dpdk"
    way = WAY

    def __init__(self, path: Path, clock: WatchClock) -> None:
        try:
            client = TelemetryClient(path)
            first = take(client, 0)
        except TelemetryError as error:
            code = 4 if isinstance(error.__cause__, PermissionError) else 1
            raise SourceError(f"the application does not answer: {error}", code) from error
        self.version, self.pid = client.version, client.pid
        self._poller = Poller(path, client, clock)
        self._delta = Delta()
        self._banner = ""  # that the application is gone, as long as it is
        self._now = first
        self._hear(first)
        self.meters = frozenset(_ALWAYS | _known(first))

    def start(self) -> None:
        self._poller.start()

    def settled_ps(self) -> int:
        return self._poller.settled_ps()

    def take(self, until_ps: int) -> list[Event]:
        told: list[Event] = []
        for each in self._poller.take(until_ps):
            if isinstance(each, SourceNoted):
                told.append(each)
                self._banner = each.note if each.note == GONE else ""
            else:
                self._hear(each)
        return told

    def _hear(self, snapshot: Snapshot) -> None:
        self._now = snapshot
        counts: dict[str, int] = {}
        for port in snapshot.ports:
            counts |= {f"{port.name} {name}": port.stats.get(name, 0) for name in _STATS}
        for lcore in snapshot.lcores:
            counts[f"total {lcore.number}"] = lcore.total
            counts[f"busy {lcore.number}"] = lcore.busy
        for at, thread in enumerate(snapshot.threads):
            counts |= {f"user {at}": thread.user_ns, f"system {at}": thread.system_ns}
            counts[f"switches {at}"] = thread.switches
        self._delta.add(counts)

    def _sum(self, stat: str) -> int:
        return sum(self._delta[f"{port.name} {stat}"] for port in self._now.ports)

    def show(self, meters: Meters) -> None:
        meters.delivered, meters.delivered_bytes = self._sum("ipackets"), self._sum("ibytes")
        meters.sent, meters.sent_bytes = self._sum("opackets"), self._sum("obytes")
        meters.missed, meters.unsent = self._sum("imissed"), self._sum("oerrors")
        errors, no_mbuf = self._sum("ierrors"), self._sum("rx_nombuf")
        drops = {"nic/ierrors": errors, "mbuf/rx_nombuf": no_mbuf}
        meters.drops = {key: count for key, count in drops.items() if count}
        meters.arrived = meters.delivered + meters.missed + errors + no_mbuf
        meters.arrived_bytes = meters.delivered_bytes
        meters.banner = self._banner
        meters.rings = _rings(self._now)
        meters.gauges = _gauges(self._now)
        meters.cores = self._cores()
        meters.context_switches = sum(
            self._delta[f"switches {at}"] for at in range(len(self._now.threads))
        )

    def _cores(self) -> list[CoreMeter]:
        """By the application's own measure of cycles, else as the kernel sees its threads."""
        if self._now.lcores:
            return [self._lcore(lcore.number) for lcore in self._now.lcores]
        cores = []
        for at, thread in enumerate(self._now.threads):
            user_ps = self._delta[f"user {at}"] * 1000
            system_ps = self._delta[f"system {at}"] * 1000
            idle_ps = max(0, self._now.time_ps - user_ps - system_ps)
            cores.append(
                CoreMeter(thread.cpu, thread.name, idle_ps, user_ps=user_ps, syscall_ps=system_ps)
            )
        return cores

    def _lcore(self, number: int) -> CoreMeter:
        total, busy = self._delta[f"total {number}"], self._delta[f"busy {number}"]
        useful_ps = self._now.time_ps * min(busy, total) // (total or 1)
        empty_ps = self._now.time_ps - useful_ps if total else 0
        return CoreMeter(number, "lcore", poll_useful_ps=useful_ps, poll_empty_ps=empty_ps)

    def close(self) -> None:
        self._poller.close()


def _known(snapshot: Snapshot) -> set[str]:
    """What this application's version tells beside its ports."""
    known = set()
    if snapshot.lcores or snapshot.threads:
        known.add("cores")
    if snapshot.threads:
        known.add("context_switches")
    if _rings(snapshot):
        known.add("rings")
    return known


def _rings(snapshot: Snapshot) -> list[RingMeter]:
    """Rings of the application, then its mempools; those whose level is not told are left out."""
    pools = {f"MP_{pool.name}" for pool in snapshot.mempools}
    own = [ring for ring in snapshot.rings if not any(ring.name.endswith(pool) for pool in pools)]
    return [*_meters(own, RING), *_meters(snapshot.mempools, MEMPOOL)]


def _meters(fills: list[Fill], kind: RingKind) -> list[RingMeter]:
    """The entries of a mempool are its free mbufs."""
    return [
        RingMeter(at, fill.size, done=_entries(fill.used, fill.size, kind), kind=kind)
        for at, fill in enumerate(fills)
        if fill.size and fill.used is not None
    ]


def _entries(used: int, size: int, kind: RingKind) -> int:
    return size - min(used, size) if kind is MEMPOOL else min(used, size)


def _gauges(snapshot: Snapshot) -> dict[str, int]:
    """Everything by the names that the application gives it."""
    gauges: dict[str, int] = {}
    for port in snapshot.ports:
        gauges |= {f"{port.name} {name}": count for name, count in port.queues.items()}
        gauges |= {f"{port.name} {name}": count for name, count in port.xstats.items()}
    for kind, fills in (("mempool", snapshot.mempools), ("ring", snapshot.rings)):
        for fill in fills:
            gauges[f"{kind} {fill.name} size"] = fill.size
            if fill.used is not None:
                gauges[f"{kind} {fill.name} used"] = fill.used
    return dict(list(gauges.items())[:_MOST_GAUGES])
