"""Sockets of several readers on the same ports: SO_REUSEPORT gives a flow to one of them.

Without it the readers share one socket: a packet wakes one of the readers that sleep in recv().

Linux: net/core/sock_reuseport.c
"""

from typing import NamedTuple

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import SkbCache
from kbview.emulator.kernel.socket.contended import ContendedTable
from kbview.emulator.kernel.socket.datagram_settings import SocketSettings
from kbview.emulator.kernel.socket.socket import Socket
from kbview.emulator.kernel.socket.socket_table import SocketTable
from kbview.emulator.protocol.tcp.parameters import TcpSettings
from kbview.packet.frame import Flow
from kbview.tape.meter import SocketMeter

ALL_PORTS = range(1 << 16)


class SocketGroup:
    """The tables of several readers on the same ports: a flow belongs to one of them, by its hash.

    Linux: SO_REUSEPORT, net/core/sock_reuseport.c; the hash is scaled as by reciprocal_scale().
    """

    def __init__(self, tables: list[SocketTable]) -> None:
        self.tables = tables

    def table_of(self, flow: Flow) -> SocketTable:
        """The table of the reader that gets a flow."""
        return self.tables[flow.rss_hash * len(self.tables) >> 32]

    def find(self, flow: Flow) -> Socket | None:
        """The socket of a flow to this host; None where the port is closed."""
        return self.table_of(flow).find(flow)

    @property
    def held(self) -> int:
        """Packets in all receive queues."""
        return sum(table.held for table in self.tables)

    @property
    def buffers(self) -> int:
        """The sk_buffs of these packets."""
        return sum(table.buffers for table in self.tables)

    def meters(self) -> dict[str, SocketMeter]:
        """The meters of all tables."""
        return {name: meter for table in self.tables for name, meter in table.meters().items()}


class Contention(NamedTuple):
    """Objects of contention: `shared` sockets of all readers, `one_lock` of softirq and readers."""

    shared: bool = False
    one_lock: bool = False


NO_CONTENTION = Contention()


def socket_group(
    machine: Machine,
    settings: ApplicationSettings,
    skbs: SkbCache,
    deliverers: int,
    contention: Contention = NO_CONTENTION,
) -> SocketGroup:
    """A table of sockets for each reader, or a shared table.

    All ports are closed where the application only sends.
    """
    closed = (
        ALL_PORTS if settings.app == "generate" else frozenset(settings.part(TcpSettings).closed_ports)
    )
    sizes = settings.part(SocketSettings).rcvbuf, settings.part(TcpSettings).tcp_rcvbuf
    cpus = settings.reader_cpus[:1] if contention.shared else settings.reader_cpus

    def table(number: int, cpu: int) -> SocketTable:
        core, suffix = machine.cores[cpu], f" #{number}" if len(cpus) > 1 else ""
        if contention == NO_CONTENTION:
            return SocketTable(machine, core, skbs, *sizes, closed, suffix, deliverers)
        one_lock = contention.one_lock
        return ContendedTable(machine, core, skbs, sizes, closed, suffix, one_lock=one_lock)

    return SocketGroup([table(number, cpu) for number, cpu in enumerate(cpus)])
