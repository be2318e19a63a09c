"""The mempool: a cache for each lcore in front of a ring for all. DPDK: lib/mempool/rte_mempool.h."""

import pytest

from kbview.emulator.application import App
from kbview.emulator.bypass.mempool import Mempool, MempoolCache
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters, RingMeter
from kbview.tape.vocabulary import RingKind
from tests.emulator.running import emulation, finished

CACHE = 256
FLOOD = Traffic(rate_pps=1e8, frames=20_000)


def two_caches(size: int) -> tuple[Mempool, MempoolCache, MempoolCache]:
    made = emulation("dpdk", Settings(), Traffic(frames=0))
    machine: Machine = made._machine
    pool = Mempool(machine, size, 0)
    one, other = (MempoolCache(pool, core, Settings()) for core in machine.cores)
    return pool, one, other


def pool_of(meters: Meters) -> RingMeter:
    return next(ring for ring in meters.rings if ring.kind == "mempool")


def test_an_empty_cache_takes_its_size_and_what_is_wanted_from_the_ring() -> None:
    """rte_mempool_do_generic_get(): dequeue of cache->size + remaining."""
    pool, one, _ = two_caches(8192)
    one.get(1)
    assert (one.length, pool.free) == (CACHE, 8192 - CACHE - 1)
    one.get(32)
    assert (one.length, pool.free) == (CACHE - 32, 8192 - CACHE - 1)


def test_a_cache_over_one_and_a_half_times_its_size_is_flushed() -> None:
    """rte_mempool_do_generic_put(): beyond flushthresh all that the cache had goes to the ring."""
    pool, _, other = two_caches(8192)
    pool.free = 4000  # the others are somewhere
    for _ in range(12):
        other.put(32)
    assert (other.length, pool.free) == (384, 4000)
    other.put(32)
    assert (other.length, pool.free) == (32, 4384)


def test_who_frees_what_another_lcore_received_pays_with_the_ring() -> None:
    """While gets and puts of an lcore balance, its cache suffices; across lcores it never does."""
    pool, one, other = two_caches(8192)
    machine = pool.machine
    ring = machine.prices.step("mempool_ring")
    for _ in range(1000):
        one.get(32)
        one.put(32)
    assert ring.count == 1
    for _ in range(1000):
        one.get(32)
        other.put(32)
    bulks = ring.count - 1
    assert 2 * 32_000 / 384 - 4 < bulks < 2 * 32_000 / CACHE + 4
    assert pool.free + one.length + other.length == 8192


def test_run_to_completion_needs_the_ring_once_at_the_start() -> None:
    meters = finished("dpdk", Settings(cores=1), FLOOD)
    assert meters.stages["mempool_ring"].count == 1
    forwarding = finished("dpdk", Settings(cores=1, app="forward"), FLOOD)
    assert forwarding.stages["mempool_ring"].count < 12  # until the transmit ring has its mbufs


@pytest.mark.parametrize("app", ["sink", "forward", "echo", "drop", "generate"])
@pytest.mark.parametrize("cache", [0, 32, 256])
def test_no_mbuf_is_lost(app: App, cache: int) -> None:
    settings = Settings(cores=2, queues=3, app=app, mempool_cache=cache, send_frames=500, link_gbps=1.0)
    offered = Traffic(pattern="poisson", rate_pps=1_400_000, frames=1500, flows=9)
    made = emulation("dpdk", settings, offered)
    while not made.ended:
        made.advance(made.now_ps + 9_999_999)
        rings = made.sample().meters.rings
        free = sum(ring.done for ring in rings if ring.kind in ("mempool", "cache"))
        posted = sum(ring.done for ring in rings if ring.kind == "tx")
        in_hand = pool_of(made.sample().meters).size - free - posted - 3 * settings.ring
        assert 0 <= in_hand <= 2 * settings.burst
    if cache and app != "generate":
        assert in_hand == 0


def test_levels_are_told_by_events() -> None:
    made = emulation("dpdk", Settings(cores=1, app="forward"), FLOOD)
    made.recorder.detail = Detail.STEPS
    before = {ring.kind: ring.done for ring in made.sample().meters.rings}
    made.advance(NEVER_PS)
    for event in made.release():
        if isinstance(event, (ev.RingProduced, ev.RingConsumed)):
            before[event.ring] += event.count if isinstance(event, ev.RingProduced) else -event.count
            assert before[event.ring] == event.filled
    after = {ring.kind: ring.done for ring in made.sample().meters.rings}
    assert (before[RingKind.MEMPOOL], before[RingKind.CACHE]) == (
        after[RingKind.MEMPOOL],
        after[RingKind.CACHE],
    )


def test_an_exhausted_pool_leaves_frames_in_their_descriptors() -> None:
    """ixgbe_recv_pkts(): no mbuf, rx_mbuf_alloc_failed and break; the NIC then has no descriptor."""
    slow = Settings(cores=1, app_cycles=300.0, mempool_size=1024 + 4)
    meters = finished("dpdk", slow, FLOOD)
    assert pool_of(meters).freezes > 0
    assert meters.missed > 0
    assert meters.dropped == 0
    made = emulation("dpdk", slow, FLOOD)
    made.recorder.detail = Detail.STEPS
    made.advance(NEVER_PS)
    events = made.release()
    assert max(e.work for e in events if isinstance(e, ev.BurstReceived)) == 4
    failed = sum(isinstance(e, ev.MbufsExhausted) for e in events)
    assert failed == pool_of(made.sample().meters).freezes


@pytest.mark.parametrize(
    ("settings", "least"),
    [
        ({"mempool_size": 1000}, 1025),
        ({"mempool_size": 2000, "app": "forward"}, 2049),
        ({"mempool_size": 2100, "cores": 2, "queues": 2}, 2 * 1024 + 384 + 2),
    ],
)
def test_a_pool_in_which_an_lcore_may_wait_for_ever_is_refused(
    settings: dict[str, object], least: int
) -> None:
    made = Settings(**settings)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match=f"use {least} or more"):
        emulation("dpdk", made, Traffic(frames=1))


def test_a_cache_larger_than_dpdk_allows_is_refused() -> None:
    with pytest.raises(ScenarioError, match="mempool_cache = 513 is out of range; use 0 to 512"):
        Settings(mempool_cache=513)
