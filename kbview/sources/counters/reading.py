"""One reading of all counters, and how much each has grown since the first."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from kbview.sources.counters.subject import Subject
from kbview.sources.counters.xdp_drops import XdpDrops
from kbview.sources.linux.netlink.links import LinkTotals
from kbview.sources.linux.procfs import cpu, interrupts, mib, softirq
from kbview.sources.linux.procfs.cpu import Stat, Ticks
from kbview.sources.linux.procfs.file import KernelFile
from kbview.sources.linux.procfs.softirq import CoreSoftnet, Softnet

_NET = "/proc/thread-self/net"  # /proc/net is the main thread's namespace, which need not be ours


class CounterReading(NamedTuple):
    """LinkTotals since boot, or since an interface was made."""

    links: LinkTotals
    interrupts: int
    net_rx: int
    softnet: Softnet
    stat: Stat
    protocols: dict[str, int]
    softnet_cores: Mapping[int, CoreSoftnet] = MappingProxyType({})
    qdisc_drops: int | None = None
    xdp_drops: int | None = None

    def dropped_by_qdiscs(self, since: "CounterReading") -> int | None:
        """Packets that qdiscs dropped meanwhile; None where a reading does not know it."""
        if self.qdisc_drops is None or since.qdisc_drops is None:
            return None
        return max(0, self.qdisc_drops - since.qdisc_drops)

    def dropped_by_xdp(self, since: "CounterReading") -> int:
        """Packets that drivers' XDP programs dropped meanwhile; 0 where a reading does not know it."""
        if self.xdp_drops is None or since.xdp_drops is None:
            return 0
        return max(0, self.xdp_drops - since.xdp_drops)

    def grown(self, name: str, since: "CounterReading") -> int:
        """How much a protocol counted; a counter that was set back has not grown."""
        return max(0, self.protocols.get(name, 0) - since.protocols.get(name, 0))

    def ticks(self, core: int, since: "CounterReading") -> Ticks:
        """The time of a core by account; a core that was offline begins when it comes."""
        now = self.stat.cores[core]
        before = since.stat.cores.get(core, now)
        return Ticks(*(max(0, later - earlier) for later, earlier in zip(now, before, strict=True)))


class CounterFiles:
    """The open files, and the subject that they are read for."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._interrupts = KernelFile("/proc/interrupts")
        self._softirqs = KernelFile("/proc/softirqs")
        self._softnet = KernelFile(f"{_NET}/softnet_stat")
        self._stat = KernelFile("/proc/stat")
        self._pairs = [KernelFile(f"{_NET}/{name}") for name in ("snmp", "netstat")]
        self._snmp6 = KernelFile(f"{_NET}/snmp6")
        self._xdp = XdpDrops(subject.names)

    def interrupt_lines(self) -> list[interrupts.InterruptLine]:
        """The lines that received frames raise."""
        lines = interrupts.parse(self._interrupts.read())
        return [line for line in lines if self._subject.raises(line)]

    def read(self) -> CounterReading:
        """A reading of every file, in order."""
        protocols = mib.parse_lines(self._snmp6.read())
        for pairs in self._pairs:
            protocols |= mib.parse_pairs(pairs.read())
        softnet = self._softnet.read()
        return CounterReading(
            self._subject.counts(),
            sum(line.total for line in self.interrupt_lines()),
            softirq.parse_softirqs(self._softirqs.read()).get("NET_RX", 0),
            softirq.parse_softnet(softnet),
            cpu.parse(self._stat.read()),
            protocols,
            softirq.parse_softnet_cores(softnet),
            self._subject.qdisc_drops(),
            self._xdp.read(),
        )

    def close(self) -> None:
        """Close every file and the subject."""
        files = (self._interrupts, self._softirqs, self._softnet, self._stat, *self._pairs, self._snmp6)
        for file in files:
            file.close()
        self._xdp.close()
        self._subject.close()
