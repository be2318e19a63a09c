"""The kernel and the DPDK path as one would write them in SimPy: a process each, a timeout a step.

Same costs, same mechanisms and the same books as kbview's emulator at `meters` detail, so that both
simulate the same thing and could print the same report: arrivals, ring, moderated interrupt, NAPI of
weight 64, socket queue by truesize, wake-up, blocking read; time by core, account and step. Steps
that follow each other without a decision share one timeout. Time is integer picoseconds, so that both
models round alike.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Generator, Iterable
from typing import Any

import simpy

from kbview.emulator.bypass.mempool import POINTERS
from kbview.emulator.bypass.pmd import LINE
from kbview.emulator.cost import Prices
from kbview.emulator.kernel.skb import truesize
from kbview.emulator.settings import Settings

Program = Generator[Any, Any, None]
PAYLOAD = 18
LENGTH = 64


class Books:
    """What is counted: all that the report of kbview holds."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        self.stages: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.cores: dict[tuple[int, str], int] = defaultdict(int)
        self.latencies: list[int] = []

    def count(self, name: str, amount: int = 1) -> None:
        self.totals[name] += amount


class Host:
    """What both paths share: a wire that feeds a ring."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        self.env = simpy.Environment()
        self.books = Books()
        self.ring: deque[int] = deque()
        self.settings = settings
        self.free = settings.ring - 1
        self.arrival = self.env.event()
        self.costs = {name: prices.step(name).cost_ps for name in prices.calibration.steps}
        self.per_byte = prices.step("copy_to_user").ps_per_byte
        self.env.process(self.wire(times_ps))

    def spend(self, cpu: int, account: str, *steps: str, extra: int = 0) -> Program:
        """Book some steps that follow each other, and let their time pass."""
        total = extra
        for step in steps:
            cost = self.costs[step]
            total += cost
            stage = self.books.stages[step]
            stage[0] += 1
            stage[1] += cost
        self.books.cores[cpu, account] += total
        yield self.env.timeout(total)

    def wire(self, times_ps: Iterable[int]) -> Program:
        dma = self.costs["dma_write"]
        for time_ps in times_ps:
            yield self.env.timeout(time_ps + dma - self.env.now)
            self.books.count("arrived")
            self.books.count("arrived_bytes", LENGTH)
            if self.free == 0:
                self.books.count("missed")
                continue
            self.free -= 1
            self.ring.append(self.env.now - dma)
            if not self.arrival.triggered:
                self.arrival.succeed()

    def deliver(self, arrived: int) -> None:
        self.books.count("delivered")
        self.books.count("delivered_bytes", LENGTH)
        self.books.latencies.append(self.env.now - arrived)


class KernelHost(Host):
    """Interrupt, softirq and poll on one core, the reader on another."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        super().__init__(prices, settings, times_ps)
        self.queue = simpy.Store(self.env)
        self.woken = self.env.event()
        self.sleeping = False
        self.env.process(self.receive())
        self.env.process(self.read())

    def receive(self) -> Program:
        env, last_irq = self.env, -(10**18)
        while True:
            if not self.ring:
                self.arrival = env.event()
                yield self.arrival
            wait = max(0, last_irq + round(self.settings.moderation_us * 1_000_000) - env.now)
            yield env.timeout(wait)
            last_irq = env.now  # the NIC counts from its message
            yield env.timeout(self.costs["msix_delivery"])
            self.books.count("interrupts")
            yield from self.spend(0, "hardirq", "hardirq")
            work = self.settings.napi_weight
            while work == self.settings.napi_weight:
                self.books.count("softirqs")
                yield from self.spend(0, "softirq", "softirq_dispatch", "napi_poll")
                work = yield from self.poll(self.settings.napi_weight)
            yield from self.spend(0, "softirq", "napi_complete")

    def poll(self, weight: int) -> Generator[Any, Any, int]:
        most = self.settings.rcvbuf // truesize(LENGTH)
        work = 0
        while work < weight and self.ring:
            arrived = self.ring.popleft()
            self.books.count("allocations")
            yield from self.spend(
                0, "softirq", "descriptor_read", "first_touch", "skb_alloc", "napi_gro_receive",
                "netif_receive_skb", "ip_rcv", "ip_rcv_finish", "fib_lookup", "udp_rcv",
                "socket_enqueue",
            )  # fmt: skip
            work += 1
            if len(self.queue.items) >= most:
                self.books.count("dropped")
                self.books.count("frees")
                yield from self.spend(0, "softirq", "kfree_skb")
                continue
            self.queue.put(arrived)
            if self.sleeping:
                self.sleeping = False
                self.books.count("wakeups")
                yield from self.spend(0, "softirq", "try_to_wake_up")
                self.woken.succeed(self.env.now + self.costs["idle_exit"])
        self.free += work
        self.books.count("polls")
        return work

    def read(self) -> Program:
        """A blocking read for each datagram, or epoll_wait() before it."""
        while True:
            if self.settings.wait == "epoll":
                yield from self.enter()
                yield from self.wait()
                yield from self.spend(1, "syscall", "epoll_wait", "syscall_exit")
                self.books.count("mode_switches")
            yield from self.enter()
            yield from self.wait()
            yield from self.copy((yield self.queue.get()))

    def enter(self) -> Program:
        self.books.count("syscalls")
        self.books.count("mode_switches")
        yield from self.spend(1, "syscall", "syscall_enter")

    def wait(self) -> Program:
        """Sleep until the queue has a datagram."""
        if self.queue.items:
            return
        self.woken = self.env.event()
        self.sleeping = True
        self.books.count("context_switches")
        yield from self.spend(1, "syscall", "idle_switch")
        awake = yield self.woken
        yield self.env.timeout(max(0, awake - self.env.now))
        self.books.count("context_switches")
        yield from self.spend(1, "syscall", "idle_switch")

    def copy(self, arrived: int) -> Program:
        books = self.books
        yield from self.spend(1, "copy", "copy_to_user", extra=int(self.per_byte * PAYLOAD))
        books.count("copies")
        books.count("copied_bytes", PAYLOAD)
        books.count("frees")
        yield from self.spend(1, "syscall", "socket_recv", "skb_lines", "skb_free", "syscall_exit")
        books.count("mode_switches")
        self.deliver(arrived)
        yield from self.spend(1, "user", "app_work")


class DpdkHost(Host):
    """One core that polls, for ever."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        super().__init__(prices, settings, times_ps)
        self.cached = 0  # mbufs
        self.env.process(self.lcore_main())

    def fill_cache(self) -> Program:
        """A bulk of mbufs from the pool to the lcore's cache, which never overflows here."""
        bulk = self.settings.mempool_cache + 1
        yield from self.spend(
            0, "poll_useful", "mempool_ring", *["mempool_pointers"] * -(-bulk // POINTERS)
        )
        self.cached += bulk

    def lcore_main(self) -> Program:
        while True:
            self.books.count("polls")
            burst = [self.ring.popleft() for _ in range(min(32, len(self.ring)))]
            if not burst:
                self.books.count("empty_polls")
                yield from self.spend(0, "poll_empty", "rx_burst_empty")
                continue
            yield from self.spend(0, "poll_useful", "rx_burst")
            if self.cached < len(burst):
                yield from self.fill_cache()
            self.cached -= len(burst)
            for _ in burst:
                yield from self.spend(0, "poll_useful", "pmd_descriptor", "mbuf_alloc")
            if len(burst) < LINE:
                yield from self.spend(0, "poll_useful", "descriptor_line")
            self.free += len(burst)
            self.cached += len(burst)
            for arrived in burst:
                self.deliver(arrived)
                yield from self.spend(0, "poll_useful", "frame_touch", "app_work", "mbuf_free")


def simulate(
    datapath: str, prices: Prices, settings: Settings, times_ps: list[int], until_ps: int
) -> Books:
    """Run up to `until_ps`."""
    kind = {"kernel": KernelHost, "dpdk": DpdkHost}[datapath]
    host = kind(prices, settings, times_ps)
    host.env.run(until=until_ps)
    return host.books
