"""The kernel and the DPDK path as one would write them in SimPy: a process each, a timeout a step.

Same costs, same mechanisms and the same books as kbview's emulator at `meters` detail, so that both
simulate the same thing and could print the same report: arrivals, ring, moderated interrupt, NAPI of
weight 64, socket queue by truesize, wake-up, blocking read; time by core, account and step. Steps
that follow each other without a decision share one timeout. Time is in nanoseconds, as is usual in
SimPy.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Generator, Iterable
from typing import Any

import simpy

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
        self.stages: dict[str, list[float]] = defaultdict(lambda: [0, 0.0])
        self.cores: dict[tuple[int, str], float] = defaultdict(float)
        self.latencies: list[float] = []

    def count(self, name: str, amount: int = 1) -> None:
        self.totals[name] += amount


class Host:
    """What both paths share: a wire that feeds a ring."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        self.env = simpy.Environment()
        self.books = Books()
        self.ring: deque[float] = deque()
        self.settings = settings
        self.free = settings.ring - 1
        self.arrival = self.env.event()
        self.costs = {name: prices.step(name).cost_ps / 1000 for name in prices.calibration.steps}
        self.per_byte = prices.step("copy_to_user").ps_per_byte / 1000
        self.env.process(self.wire(times_ps))

    def spend(self, cpu: int, account: str, *steps: str, extra: float = 0.0) -> Program:
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
            yield self.env.timeout(time_ps / 1000 + dma - self.env.now)
            self.books.count("arrived")
            self.books.count("arrived_bytes", LENGTH)
            if self.free == 0:
                self.books.count("missed")
                continue
            self.free -= 1
            self.ring.append(self.env.now - dma)
            if not self.arrival.triggered:
                self.arrival.succeed()

    def deliver(self, arrived: float) -> None:
        self.books.count("delivered")
        self.books.count("delivered_bytes", LENGTH)
        self.books.latencies.append(self.env.now - arrived)


class KernelHost(Host):
    """Interrupt, softirq and poll on one core, the reader on another."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        super().__init__(prices, settings, times_ps)
        self.queue = simpy.Store(self.env)
        self.sleeping = False
        self.env.process(self.receive())
        self.env.process(self.read())

    def receive(self) -> Program:
        env, last_irq = self.env, -1e18
        while True:
            if not self.ring:
                self.arrival = env.event()
                yield self.arrival
            wait = max(0.0, last_irq + self.settings.moderation_us * 1000 - env.now)
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
                "netif_receive_skb", "ip_rcv", "fib_lookup", "udp_rcv", "socket_enqueue",
            )  # fmt: skip
            work += 1
            if len(self.queue.items) >= most:
                self.books.count("dropped")
                self.books.count("frees")
                yield from self.spend(0, "softirq", "skb_free")
                continue
            self.queue.put(arrived)
            if self.sleeping:
                self.sleeping = False
                self.books.count("wakeups")
                yield from self.spend(0, "softirq", "try_to_wake_up")
        self.free += work
        self.books.count("polls")
        return work

    def read(self) -> Program:
        env, books = self.env, self.books
        while True:
            books.count("syscalls")
            books.count("mode_switches")
            yield from self.spend(1, "syscall", "syscall_enter")
            if not self.queue.items:
                self.sleeping = True
                books.count("context_switches", 2)
                yield from self.spend(1, "syscall", "context_switch")
                arrived = yield self.queue.get()
                yield env.timeout(self.costs["idle_exit"])
                yield from self.spend(1, "syscall", "context_switch")
            else:
                arrived = yield self.queue.get()
            yield from self.spend(1, "copy", "copy_to_user", extra=self.per_byte * PAYLOAD)
            books.count("copies")
            books.count("copied_bytes", PAYLOAD)
            books.count("frees")
            yield from self.spend(1, "syscall", "socket_recv", "skb_free", "syscall_exit")
            books.count("mode_switches")
            self.deliver(arrived)
            yield from self.spend(1, "user", "app_work")


class DpdkHost(Host):
    """One core that polls, for ever."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        super().__init__(prices, settings, times_ps)
        self.env.process(self.lcore_main())

    def lcore_main(self) -> Program:
        while True:
            self.books.count("polls")
            burst = [self.ring.popleft() for _ in range(min(32, len(self.ring)))]
            if not burst:
                self.books.count("empty_polls")
                yield from self.spend(0, "poll_empty", "rx_burst_empty")
                continue
            yield from self.spend(0, "poll_useful", "rx_burst")
            for _ in burst:
                yield from self.spend(0, "poll_useful", "pmd_descriptor", "mbuf_alloc")
            self.free += len(burst)
            for arrived in burst:
                self.deliver(arrived)
                yield from self.spend(0, "poll_useful", "app_work", "mbuf_free")


def simulate(datapath: str, prices: Prices, settings: Settings, times_ps: list[int]) -> Books:
    """Run until a millisecond after the last arrival."""
    kind = {"kernel": KernelHost, "dpdk": DpdkHost}[datapath]
    host = kind(prices, settings, times_ps)
    host.env.run(until=times_ps[-1] / 1000 + 1_000_000)
    return host.books
