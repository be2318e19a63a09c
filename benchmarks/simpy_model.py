"""The kernel and the DPDK path as one would write them in SimPy: a process each, a timeout a step.

Same costs, same mechanisms and the same counters as kbview's emulator at `meters` detail, so that
both simulate the same thing: arrivals, ring, moderated interrupt, NAPI of weight 64, socket queue
by truesize, wake-up, blocking read. Time is in nanoseconds, as is usual in SimPy.
"""

from collections import deque
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
    """What is counted."""

    def __init__(self) -> None:
        self.totals: dict[str, int] = dict.fromkeys(
            ("arrived", "delivered", "dropped", "missed", "interrupts", "polls", "empty_polls"), 0
        )
        self.latencies: list[float] = []

    def count(self, name: str, amount: int = 1) -> None:
        self.totals[name] += amount


class Host:
    """What both paths share: a wire that feeds a ring."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        self.env = simpy.Environment()
        self.books = Books()
        self.ring: deque[float] = deque()
        self.prices = prices
        self.settings = settings
        self.free = settings.ring - 1
        self.arrival = self.env.event()
        self.env.process(self.wire(times_ps))

    def cost(self, *steps: str) -> float:
        return sum(self.prices.step(step).cost_ps for step in steps) / 1000

    def wire(self, times_ps: Iterable[int]) -> Program:
        dma = self.cost("dma_write")
        for time_ps in times_ps:
            yield self.env.timeout(time_ps / 1000 + dma - self.env.now)
            self.books.count("arrived")
            if self.free == 0:
                self.books.count("missed")
                continue
            self.free -= 1
            self.ring.append(self.env.now - dma)
            if not self.arrival.triggered:
                self.arrival.succeed()


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
        enter = self.cost("hardirq", "softirq_dispatch", "napi_poll")
        while True:
            if not self.ring:
                self.arrival = env.event()
                yield self.arrival
            wait = max(0.0, last_irq + self.settings.moderation_us * 1000 - env.now)
            yield env.timeout(wait + self.cost("msix_delivery"))
            last_irq = env.now
            self.books.count("interrupts")
            yield env.timeout(enter)
            while True:
                work = yield from self.poll(self.settings.napi_weight)
                if work < self.settings.napi_weight:
                    break
                yield env.timeout(self.cost("softirq_dispatch", "napi_poll"))
            yield env.timeout(self.cost("napi_complete"))

    def poll(self, weight: int) -> Generator[Any, Any, int]:
        env = self.env
        clean = self.cost(
            "descriptor_read", "first_touch", "skb_alloc", "napi_gro_receive", "netif_receive_skb",
            "ip_rcv", "fib_lookup", "udp_rcv",
        )  # fmt: skip
        enqueue, wake, free = (
            self.cost("socket_enqueue"), self.cost("try_to_wake_up"), self.cost("skb_free")
        )  # fmt: skip
        most = self.settings.rcvbuf // truesize(LENGTH)
        work = 0
        while work < weight and self.ring:
            arrived = self.ring.popleft()
            yield env.timeout(clean)
            work += 1
            if len(self.queue.items) >= most:
                self.books.count("dropped")
                yield env.timeout(free)
                continue
            yield env.timeout(enqueue)
            self.queue.put(arrived)
            if self.sleeping:
                self.sleeping = False
                yield env.timeout(wake)
        self.free += work
        self.books.count("polls")
        return work

    def read(self) -> Program:
        env = self.env
        switch = self.cost("context_switch")
        copy = self.prices.step("copy_to_user")
        copying = (copy.cost_ps + copy.ps_per_byte * PAYLOAD) / 1000
        receive = self.cost("socket_recv", "skb_free", "syscall_exit")
        while True:
            yield env.timeout(self.cost("syscall_enter"))
            if not self.queue.items:
                self.sleeping = True
                yield env.timeout(switch)
                arrived = yield self.queue.get()
                yield env.timeout(self.cost("idle_exit") + switch)
            else:
                arrived = yield self.queue.get()
            yield env.timeout(receive + copying)
            self.books.count("delivered")
            self.books.latencies.append(env.now - arrived)
            yield env.timeout(self.cost("app_work"))


class DpdkHost(Host):
    """One core that polls, for ever."""

    def __init__(self, prices: Prices, settings: Settings, times_ps: Iterable[int]) -> None:
        super().__init__(prices, settings, times_ps)
        self.env.process(self.lcore_main())

    def lcore_main(self) -> Program:
        env = self.env
        call, empty = self.cost("rx_burst"), self.cost("rx_burst_empty")
        per_mbuf = self.cost("pmd_descriptor", "mbuf_alloc")
        finish = self.cost("app_work", "mbuf_free")
        while True:
            self.books.count("polls")
            burst = [self.ring.popleft() for _ in range(min(32, len(self.ring)))]
            if not burst:
                self.books.count("empty_polls")
                yield env.timeout(empty)
                continue
            yield env.timeout(call + per_mbuf * len(burst))
            self.free += len(burst)
            for arrived in burst:
                self.books.count("delivered")
                self.books.latencies.append(env.now - arrived)
                yield env.timeout(finish)


def simulate(datapath: str, prices: Prices, settings: Settings, times_ps: list[int]) -> Books:
    """Run until a millisecond after the last arrival."""
    kind = {"kernel": KernelHost, "dpdk": DpdkHost}[datapath]
    host = kind(prices, settings, times_ps)
    host.env.run(until=times_ps[-1] / 1000 + 1_000_000)
    return host.books
