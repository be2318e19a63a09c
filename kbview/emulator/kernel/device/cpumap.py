"""cpumap: XDP gives frames to another core; a thread there builds sk_buffs for the stack.

    poll --enqueue--> bulk of 8 --flush--> ring --> thread: 8 at a time: sk_buff, layers --> socket
                                  full: dropped      asleep while the ring is empty

The polling core never builds an sk_buff. A flush takes the ring's lock once for a bulk; the thread is
woken at the end of the poll. Its time is booked as ksoftirqd's. GRO does not run in the thread.
Linux: kernel/bpf/cpumap.c cpu_map_enqueue(), bq_flush_to_queue(), cpu_map_kthread_run(), as of 5.2;
Documentation/bpf/map_cpumap.rst
"""

from collections import deque
from itertools import islice

from kbview.emulator.engine import Process
from kbview.emulator.hardware.account import KSOFTIRQD
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.hardware.run_queue import Context
from kbview.emulator.hardware.shared_ring import SharedRing
from kbview.emulator.kernel.net.layers import ProtocolStack
from kbview.emulator.kernel.skb import SMALLEST, truesize
from kbview.emulator.kernel.softirq import Softirqs
from kbview.packet.frame import Flow, Frame
from kbview.tape.events import Mode
from kbview.tape.meter import RingMeter
from kbview.tape.vocabulary import DropReason, Place, RingKind

# Enum members that a packet needs: a look-up in the class costs more than a call.
_XDP = Place.XDP
CPUMAP_RING_FULL = DropReason.CPUMAP_RING_FULL

CPU_MAP_BULK_SIZE = 8
CPUMAP_BATCH = 8
BUILD = ("cpumap_build_skb",)  # a packet's steps in the thread before the layers
_HASH_BITS = 7  # of a flow's hash, the bits that chose its receive queue


class CpuMapEntry:
    """A core of the map: its ring, and the thread that empties the ring."""

    def __init__(
        self, machine: Machine, core: Core, size: int, stack: ProtocolStack, softirqs: Softirqs
    ) -> None:
        self.core = core
        self.ring = SharedRing(machine, RingKind.CPUMAP, core.number, size)
        self._frames: deque[Frame] = deque()
        self._in_hand = 0  # frames that the thread has taken out and not passed on yet
        self._machine = machine
        self._counts = machine.counts
        self._stack = stack
        self._softirqs = softirqs
        self._try_to_wake_up = machine.prices.step("try_to_wake_up")
        self._dequeue = machine.prices.step("cpumap_dequeue")
        self._task = Context(f"cpumap/{core.number}", self._main(), KSOFTIRQD, Mode.KERNEL)
        self._task.runnable = False
        core.run_queue.add(self._task)

    @property
    def held(self) -> int:
        """Frames in the ring and in the thread's hand."""
        return len(self._frames) + self._in_hand

    # ---- the core that polls ---------------------------------------------------------------

    def append(self, core: Core, frames: list[Frame]) -> None:
        """Put a bulk into the ring; frames without room are dropped, and their pages go back."""
        fitting = min(len(frames), self.ring.room)
        self._frames.extend(islice(frames, fitting))
        if fitting:
            self.ring.produce(core, fitting)
        for frame in islice(frames, fitting, None):
            self._machine.books.drop(core, frame, _XDP, CPUMAP_RING_FULL)

    def wake(self, core: Core) -> None:
        """The poll ends: wake the thread if it sleeps."""
        if not self._task.runnable:
            core.spend(self._try_to_wake_up)
            self._counts.task_woken(core, self._task.name)
            self.core.make_runnable(self._task, core.now_ps, core)

    # ---- the thread ------------------------------------------------------------------------

    def _main(self) -> Process:
        core, task = self.core, self._task
        while True:
            if core.now_ps > core.horizon_ps:
                yield  # another core may fill the ring
            batch = self._take()
            if not batch:
                task.runnable = False
                yield
                continue
            core.spend(self._dequeue)
            task.preemptible = False  # local_bh_disable()
            for frame in batch:
                yield from self._pass_up(frame)
            task.preemptible = True
            softirq = self._softirqs.on(core)
            if softirq is not None:
                softirq.local_bh_enable()
            yield  # cond_resched()

    def _take(self) -> list[Frame]:
        count = min(CPUMAP_BATCH, len(self._frames))
        if count:
            self._in_hand = count
            self.ring.consume(self.core, count)
        return [self._frames.popleft() for _ in range(count)]

    def _pass_up(self, frame: Frame) -> Process:
        """cpu_map_build_skb() and the layers; the steps of both are paid by the layers."""
        core = self.core
        self._counts.skb_allocated(core, frame.packet, max(SMALLEST, truesize(frame.length)))
        taker = self._stack.netif_receive_skb(core, frame)
        if taker is None:
            self._in_hand -= 1
            return
        if core.now_ps > core.horizon_ps:
            yield  # a task on another core may use the same socket
        self._in_hand -= 1
        rest = taker.receive(core, frame)
        if rest is not None:
            yield from rest


class CpuMapBulk:
    """The frames of a poll for a core of the map: struct xdp_bulk_queue. The enqueue was paid."""

    def __init__(self, machine: Machine, entry: CpuMapEntry) -> None:
        self._entry = entry
        self._frames: list[Frame] = []
        self._filled = False  # since the last `end_poll`
        self._step = machine.prices.step("cpumap_flush")

    @property
    def held(self) -> int:
        """Frames that wait for the flush."""
        return len(self._frames)

    def receive(self, core: Core, frame: Frame) -> Process | None:
        """Add a frame; the eighth flushes the bulk."""
        self._frames.append(frame)
        self._filled = True
        return None if len(self._frames) < CPU_MAP_BULK_SIZE else self._in_order(core)

    def _in_order(self, core: Core) -> Process:
        if core.now_ps > core.horizon_ps:
            yield  # the thread takes out of the ring
        self._flush(core)

    def _flush(self, core: Core) -> None:
        core.spend(self._step)
        frames, self._frames = self._frames, []
        self._entry.append(core, frames)

    def end_poll(self, core: Core) -> None:
        """Flush the rest and wake the thread. Yield before if the core is past its horizon."""
        if self._frames:
            self._flush(core)
        if self._filled:
            self._filled = False
            self._entry.wake(core)


class CpuMap:
    """The cores that an XDP program may choose from, and the bulks of each polling queue."""

    def __init__(self, machine: Machine, entries: list[CpuMapEntry]) -> None:
        self._machine = machine
        self._entries = entries
        self._bulks: list[CpuMapBulk] = []

    def bulks(self) -> "CpuMapBulks":
        """The bulks of another queue."""
        made = [CpuMapBulk(self._machine, entry) for entry in self._entries]
        self._bulks += made
        return CpuMapBulks(made)

    @property
    def held(self) -> int:
        """Frames between the XDP program and the layers."""
        return sum(each.held for each in self._entries) + sum(each.held for each in self._bulks)

    @property
    def buffers(self) -> int:
        """0: a frame gets its sk_buff when the layers take it."""
        return 0

    def rings(self) -> list[RingMeter]:
        """The level of each core's ring."""
        return [entry.ring.meter() for entry in self._entries]


class CpuMapBulks:
    """The bulks of a queue's poll, a bulk for each core of the map."""

    def __init__(self, bulks: list[CpuMapBulk]) -> None:
        self._bulks = bulks

    @property
    def hashes(self) -> bool:
        """Whether there is a choice, which the program makes by a hash of the flow."""
        return len(self._bulks) > 1

    def of(self, flow: Flow) -> CpuMapBulk:
        """The bulk of the core of a flow: all its packets go to the same core, in order."""
        return self._bulks[(flow.rss_hash >> _HASH_BITS) % len(self._bulks)]

    def end_poll(self, core: Core) -> None:
        """xdp_do_flush(): all bulks go to their rings."""
        for bulk in self._bulks:
            bulk.end_poll(core)
