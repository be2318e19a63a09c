"""Everything that one round of questions brings."""

from typing import Any, NamedTuple

from kbview.sources.dpdk.client import TelemetryClient, row, table, text, whole
from kbview.sources.dpdk.threads import LcoreThread, lcore_threads

_MOST = 64  # ports, rings, pools asked for; a round must stay short
_MOST_QUEUES = 16


class PortSnapshot(NamedTuple):
    """A port's name, and what it counts: `stats` by ethdev's names, `xstats` by its own.

    `queues` has the number of its receive and transmit queues and the descriptors of each, by name. A
    number that the application does not tell is left out; DPDK 22.11 tells no descriptors.
    """

    name: str
    queues: dict[str, int]
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
    return PortSnapshot(
        text(info.get("name")) or f"port {number}",
        {**_queues(client, number, info, "rx"), **_queues(client, number, info, "tx")},
        _counts(client.ask("/ethdev/stats", number)),
        _counts(client.ask("/ethdev/xstats", number)),
    )


def _queues(client: TelemetryClient, port: int, info: dict[str, Any], way: str) -> dict[str, int]:
    """Asked queue by queue, until the application has no answer: an older one has none at all."""
    if f"nb_{way}_queues" not in info:
        return {}
    count = whole(info[f"nb_{way}_queues"])
    found = {f"{way} queues": count}
    for queue in range(min(count, _MOST_QUEUES)):
        told = table(client.ask(f"/ethdev/{way}_queue", port, queue))
        if "nb_desc" not in told:
            break
        found[f"{way} queue {queue} descriptors"] = whole(told["nb_desc"])
    return found


def _ring(client: TelemetryClient, name: str) -> Fill:
    info = table(client.ask("/ring/info", name))
    return Fill(name, whole(info.get("capacity")), whole(info.get("used_count")))


def _mempool(client: TelemetryClient, name: str, rings: list[Fill]) -> Fill:
    """A newer application tells a pool's free mbufs: in the common pool, and in the lcores' caches.

    Else they stand in a ring of the pool's name, if the application tells of rings. There, mbufs in
    caches count as used.
    """
    info = table(client.ask("/mempool/info", name))
    size = whole(info.get("size"))
    if "common_pool_count" in info:
        free: int | None = whole(info["common_pool_count"]) + whole(info.get("total_cache_count"))
    else:
        own = (ring.used for ring in rings if ring.name.endswith(f"MP_{name}") and ring.size)
        free = next(own, None)
    return Fill(name, size, None if free is None else max(0, size - free))


def _lcores(usage: dict[str, Any]) -> list[LcoreSnapshot]:
    columns = [row(usage.get(name)) for name in ("lcore_ids", "total_cycles", "busy_cycles")]
    return [LcoreSnapshot(*map(whole, values)) for values in zip(*columns, strict=False)]


def _counts(value: object) -> dict[str, int]:
    return {
        name: whole(count) for name, count in table(value).items() if not isinstance(count, list | dict)
    }
