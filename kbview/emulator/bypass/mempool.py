"""A mempool: mbufs made once, in a ring that all lcores share, and a cache for each lcore.

    lcore 0:  rx_burst --get--> cache 0 --.
              free     --put--> cache 0 --+-- ring (mp_mc)
    lcore 1:  rx_burst --get--> cache 1 --'

A get from an empty cache moves size + 1 mbufs from the ring at once; a put that makes the cache longer
than 1.5 x size moves all of it to the ring. Each bulk is a single compare-and-swap.
A cache belongs to a single lcore, so balanced gets and puts take no lock. An lcore that frees mbufs of
another lcore fills its own cache, and both lcores use the ring. If the ring is empty too, allocation
fails: rx_burst leaves the frame in its descriptor (rx_nombuf), and soon the NIC has no free descriptor.
DPDK: Programmer's Guide, "Mempool Library"; lib/mempool/rte_mempool.h rte_mempool_do_generic_get()
"""

from dataclasses import dataclass
from typing import Annotated

from kbview.emulator.application import ApplicationSettings
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.keys import MOST, ScenarioError, number
from kbview.tape.events import MbufsExhausted
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import RingKind

LEAST_MBUFS = 8192  # of DPDK's examples
POINTERS = 32  # moved in one step


@dataclass(frozen=True, kw_only=True)
class MempoolSettings(ApplicationSettings):
    """The pool of mbufs."""

    mempool_size: (
        Annotated[
            int,
            number(
                "mbufs in the pool; unset: as many as rings and caches need", "mbufs", ge=1, le=MOST
            ),
        ]
        | None
    ) = None
    mempool_cache: Annotated[
        int,
        number(
            "mbufs that each lcore keeps for itself (RTE_MEMPOOL_CACHE_MAX_SIZE is 512)",
            "mbufs",
            ge=0,
            le=512,
        ),
    ] = 256


def flush_threshold(settings: MempoolSettings) -> int:
    """How many mbufs a cache may hold: CACHE_FLUSHTHRESH_MULTIPLIER."""
    return settings.mempool_cache * 3 // 2


def in_rings(settings: MempoolSettings, *, sending: bool) -> int:
    """How many mbufs descriptors can hold."""
    return settings.queues * (settings.ring + (settings.tx_ring if sending else 0))


def pool_size(settings: MempoolSettings, *, sending: bool, queued: int = 0, waiting: int = 0) -> int:
    """mempool_size, or the formula of DPDK's examples: rings, bursts and caches.

    A stack adds `queued` mbufs for its receive queues, and `waiting` mbufs that may be held for long.
    Raises ScenarioError if an lcore could wait for ever: DPDK fails at the start if the pool cannot
    fill the receive rings, and stops later if all mbufs lie in transmit rings or in caches of others.
    """
    lcores, held = settings.queue_cores, flush_threshold(settings)
    least = in_rings(settings, sending=sending) + (lcores - 1) * held + lcores + waiting
    size = settings.mempool_size
    if size is None:
        rings = in_rings(settings, sending=True)
        in_use = rings + settings.queues * settings.burst + lcores * held
        return max(LEAST_MBUFS, in_use + queued + waiting)
    if size < least:
        others = "other lcores' caches and waiting fragments" if waiting else "other lcores' caches"
        raise ScenarioError(
            f"mempool_size = {size} leaves no mbuf beside rings and {others}; use {least} or more"
        )
    return size


class Mempool:
    """The pool. `free` counts the mbufs in its ring, `failures` the allocations that found none."""

    def __init__(self, machine: Machine, size: int, in_use: int) -> None:
        self.size = size
        self.free = size - in_use
        self.failures = 0
        self.machine = machine

    def meter(self) -> RingMeter:
        """The ring: `done` are free mbufs, `freezes` the failed allocations."""
        return RingMeter(0, self.size, done=self.free, kind=RingKind.MEMPOOL, freezes=self.failures)


class MempoolCache:
    """The cache of one lcore, `length` mbufs in it, and the pool behind it."""

    def __init__(self, pool: Mempool, core: Core, settings: MempoolSettings) -> None:
        self.length = 0
        self.pool = pool
        self._core = core
        self._size = settings.mempool_cache
        self._most = flush_threshold(settings)
        self._counts = pool.machine.counts
        self._recorder = pool.machine.recorder
        step = pool.machine.prices.step
        self._ring_step, self._pointers = step("mempool_ring"), step("mempool_pointers")

    def available(self, wanted: int) -> int:
        """How many of `wanted` mbufs an allocation would get now."""
        return wanted if wanted <= self.length else min(wanted, self.length + self.pool.free)

    def get(self, count: int) -> None:
        """Take `count` mbufs; the caller has seen that they are available."""
        while self.length < count:
            bulk = self._size + 1
            self._from_ring(bulk if bulk <= self.pool.free else 1)
        self.length -= count
        if self._recorder.steps:
            self._tell_cache(-count)

    def put(self, count: int) -> None:
        """Give `count` mbufs back."""
        if self.length + count > self._most:
            self._to_ring(self.length)
        self.length += count
        if self._recorder.steps:
            self._tell_cache(count)
        if self.length > self._most:
            self._to_ring(self.length)

    def fail(self, queue: int) -> None:
        """Count an allocation for a frame of this queue that found no mbuf."""
        self.pool.failures += 1
        if self._recorder.steps:
            core = self._core
            self._recorder.emit(MbufsExhausted(core.now_ps, core.number, queue))

    def _from_ring(self, count: int) -> None:
        self._move(count)
        self.pool.free -= count
        self.length += count
        self._counts.ring_consumed(self._core, RingKind.MEMPOOL, 0, count, self.pool.free)
        self._tell_cache(count)

    def _to_ring(self, count: int) -> None:
        if not count:
            return
        self._move(count)
        self.pool.free += count
        self.length -= count
        self._tell_cache(-count)
        self._counts.ring_produced(self._core, RingKind.MEMPOOL, 0, count, self.pool.free)

    def _move(self, count: int) -> None:
        core = self._core
        core.spend(self._ring_step)
        for _ in range(-(-count // POINTERS)):
            core.spend(self._pointers)

    def _tell_cache(self, change: int) -> None:
        """`change` mbufs went into the cache, or out of it if negative."""
        core, counts = self._core, self._counts
        if change < 0:
            counts.ring_consumed(core, RingKind.CACHE, core.number, -change, self.length)
        else:
            counts.ring_produced(core, RingKind.CACHE, core.number, change, self.length)

    def meter(self) -> RingMeter:
        """`done` mbufs are in the cache."""
        return RingMeter(self._core.number, max(1, self._most), done=self.length, kind=RingKind.CACHE)
