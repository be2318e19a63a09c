"""Everything that one round of questions brings."""

from typing import Any, NamedTuple

from kbview.sources.dpdk.client import TelemetryClient, row, table, text, whole
from kbview.sources.dpdk.threads import LcoreThread, lcore_threads

_MOST = 64  # ports, rings, pools asked for; a round must stay short


class PortSnapshot(NamedTuple):
    """A port's name, its queues, and what it counts: `stats` by ethdev's names, `xstats` by its own."""

    name: str
    queues: tuple[int, int]
    stats: dict[str, int]
    xstats: dict[str, int]


class Fill(NamedTuple):
    """A ring or a mempool: how many entries it can hold and holds. `used` None: it does not say."""

    name: str
    size: int
    used: int | None


class LcoreSnapshot(NamedTuple):
    """Cycles since the application began: all, and those with packets to work on."""

    number: int
    total: int
    busy: int


class Snapshot(NamedTuple):
    """A round. `lcores` is empty unless the application measures them (DPDK 23.03 and later)."""

    time_ps: int
    ports: list[PortSnapshot]
    rings: list[Fill]
    mempools: list[Fill]
    lcores: list[LcoreSnapshot]
    threads: list[LcoreThread]


def take(client: TelemetryClient, time_ps: int) -> Snapshot:
    """One round; TelemetryError if the application does not answer."""
    rings = [_ring(client, text(name)) for name in row(client.ask("/ring/list"))[:_MOST]]
    return Snapshot(
        time_ps,
        [_port(client, whole(number)) for number in row(client.ask("/ethdev/list"))[:_MOST]],
        rings,
        [_mempool(client, text(name), rings) for name in row(client.ask("/mempool/list"))[:_MOST]],
        _lcores(table(client.ask("/eal/lcore/usage"))),
        lcore_threads(client.pid),
    )


def _port(client: TelemetryClient, number: int) -> PortSnapshot:
    info = table(client.ask("/ethdev/info", number))
    queues = whole(info.get("nb_rx_queues")), whole(info.get("nb_tx_queues"))
    return PortSnapshot(
        text(info.get("name")) or f"port {number}",
        queues,
        _counts(client.ask("/ethdev/stats", number)),
        _counts(client.ask("/ethdev/xstats", number)),
    )


def _ring(client: TelemetryClient, name: str) -> Fill:
    info = table(client.ask("/ring/info", name))
    return Fill(name, whole(info.get("capacity")), whole(info.get("used_count")))


def _mempool(client: TelemetryClient, name: str, rings: list[Fill]) -> Fill:
    """A pool's free mbufs stand in a ring of its name, if the application tells of rings.

    Those that lcores keep in their caches are not there: they count as used.
    """
    info = table(client.ask("/mempool/info", name))
    size = whole(info.get("size"))
    free = next((ring.used for ring in rings if ring.name.endswith(f"MP_{name}") and ring.size), None)
    return Fill(name, size, None if free is None else max(0, size - free))


def _lcores(usage: dict[str, Any]) -> list[LcoreSnapshot]:
    columns = [row(usage.get(name)) for name in ("lcore_ids", "total_cycles", "busy_cycles")]
    return [LcoreSnapshot(*map(whole, values)) for values in zip(*columns, strict=False)]


def _counts(value: object) -> dict[str, int]:
    return {
        name: whole(count) for name, count in table(value).items() if not isinstance(count, list | dict)
    }
