"""Counts of work: a method for each kind of work that the meters count or an event reports.

A method adds to its meter at every level of detail, and emits its event at detail "steps" only, so a
count and its events cannot differ. The event has the time of the core's clock at the call: a call
before `spend` reports the beginning of a step, a call after `spend` its end. books.py books the ends of
frames.

A method without a meter need not be called while steps are not recorded. A loop over packets therefore
looks at `recorder.steps` first, because a call costs as much time as a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kbview.tape.events import (
    BurstReceived,
    ChunkMoved,
    ContextSwitched,
    Copied,
    DescriptorCleaned,
    DescriptorPosted,
    DescriptorsCompleted,
    IrqRaised,
    IrqUnmasked,
    KsoftirqdWoken,
    Mode,
    ModeSwitched,
    NapiPolled,
    RingConsumed,
    RingProduced,
    RingRefilled,
    RingSynced,
    SendAcknowledged,
    SendQueued,
    SkbAllocated,
    SkbFreed,
    SocketDequeued,
    SocketQueued,
    SoftirqEntered,
    SoftirqExited,
    Spun,
    SyscallEntered,
    TaskWoken,
    TcpStateChanged,
    XdpRan,
)
from kbview.tape.vocabulary import CopyKind, RingKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Literal

    from kbview.emulator.hardware.core import Core
    from kbview.emulator.hardware.ring import RxRing
    from kbview.emulator.hardware.running_totals import RunningTotals
    from kbview.emulator.hardware.rxqueue import RxQueue
    from kbview.emulator.recorder import Recorder
    from kbview.packet.frame import Frame

    Entry = Literal["irq_exit", "restart", "ksoftirqd", "local_bh_enable", "schednetisr"]

_KERNEL = Mode.KERNEL  # looking an enum member up costs more than a call


class WorkCounts:
    """Adds to the meters and emits to the recorder."""

    def __init__(self, meters: RunningTotals, recorder: Recorder) -> None:
        self.meters = meters
        self.recorder = recorder

    # ---- interrupts and softirqs -----------------------------------------------------------

    def interrupt(self, core: Core, queue: RxQueue) -> None:
        """A device's interrupt is handled, of a receive queue and its transmit ring."""
        completes = queue.sent_only(core.now_ps)
        self.meters.interrupts += 1
        self.meters.completion_interrupts += completes
        if self.recorder.steps:
            self.recorder.emit(IrqRaised(core.now_ps, core.number, queue.number, completes))

    def unmasked(self, core: Core, queue: int) -> None:
        """A queue's vector may fire again."""
        if self.recorder.steps:
            self.recorder.emit(IrqUnmasked(core.now_ps, core.number, queue))

    def softirq_entered(self, core: Core, by: Entry, *limits: int) -> None:
        """A run of net_rx_action begins; its `limits` are a budget of packets and of picoseconds."""
        self.meters.softirqs += 1
        if self.recorder.steps:
            self.recorder.emit(SoftirqEntered(core.now_ps, core.number, by, *limits))

    def softirq_exited(self, core: Core, squeezed: bool) -> None:
        """A run ends; `squeezed` if a budget ended it and devices are left on the poll list."""
        self.meters.squeezes += squeezed
        if self.recorder.steps:
            self.recorder.emit(SoftirqExited(core.now_ps, core.number, squeezed))

    def ksoftirqd_woken(self, core: Core) -> None:
        """The softirq loop leaves the rest to the kernel thread."""
        if self.recorder.steps:
            self.recorder.emit(KsoftirqdWoken(core.now_ps, core.number))

    # ---- polls -----------------------------------------------------------------------------

    def polled(self, core: Core, queue: int, work: int, budget: int) -> None:
        """A driver's poll took `work` packets of at most `budget`."""
        self.meters.polls += 1
        self.meters.empty_polls += work == 0
        if self.recorder.steps:
            self.recorder.emit(NapiPolled(core.now_ps, core.number, queue, work, budget))

    def burst_received(self, core: Core, queue: int, work: int, budget: int) -> None:
        """A poll in user space returned `work` frames of at most `budget`."""
        self.meters.polls += 1
        self.meters.empty_polls += work == 0
        if self.recorder.steps:
            self.recorder.emit(BurstReceived(core.now_ps, core.number, queue, work, budget))

    def frames_received(self, core: Core, ring: RxRing, frames: Sequence[Frame], budget: int) -> None:
        """As `burst_received`, for frames just taken out of a ring."""
        self.meters.polls += 1
        if self.recorder.steps:
            work = len(frames)
            self.descriptors_cleaned(core, ring, frames)
            self.recorder.emit(BurstReceived(core.now_ps, core.number, ring.queue, work, budget))

    def ring_synced(self, core: Core, queue: int, direction: str, work: int) -> None:
        """A netmap ring was brought up to date; in direction "rx" that is a poll."""
        if direction == "rx":
            self.meters.polls += 1
            self.meters.empty_polls += work == 0
        if self.recorder.steps:
            self.recorder.emit(RingSynced(core.now_ps, core.number, queue, direction, work))

    def chunk_moved(self, core: Core, queue: int, direction: str, work: int, budget: int) -> None:
        """PacketShader's engine copied a chunk; in direction "rx" that is a poll."""
        if direction == "rx":
            self.meters.polls += 1
            self.meters.empty_polls += work == 0
        if self.recorder.steps:
            self.recorder.emit(ChunkMoved(core.now_ps, core.number, queue, direction, work, budget))

    def spun(self, core: Core, duration_ps: int, polls: int) -> None:
        """A core looked at an empty ring `polls` times, from its clock on."""
        self.meters.polls += polls
        self.meters.empty_polls += polls
        if self.recorder.steps:
            self.recorder.emit(Spun(core.now_ps, core.number, duration_ps, polls))

    # ---- rings -----------------------------------------------------------------------------

    def descriptor_cleaned(self, core: Core, ring: RxRing, packet: int) -> None:
        """The driver has just taken a frame out of the ring."""
        if self.recorder.steps:
            slot = (ring.next_to_clean - 1) % ring.size
            self.recorder.tell(DescriptorCleaned(core.now_ps, ring.queue, packet, slot))

    def descriptors_cleaned(self, core: Core, ring: RxRing, frames: Sequence[Frame]) -> None:
        """The driver has just taken these frames out of the ring."""
        if not self.recorder.steps:
            return
        first = ring.next_to_clean - len(frames)
        for offset, frame in enumerate(frames):
            slot = (first + offset) % ring.size
            self.recorder.tell(DescriptorCleaned(core.now_ps, ring.queue, frame.packet, slot))

    def ring_refilled(self, core: Core, queue: int, count: int) -> None:
        """The driver gave `count` descriptors back to the NIC; 0 emits no event."""
        if count and self.recorder.steps:
            self.recorder.emit(RingRefilled(core.now_ps, queue, count))

    def descriptor_posted(self, core: Core, queue: int, packet: int, slot: int) -> None:
        """The driver put a frame into this slot of a transmit ring."""
        if self.recorder.steps:
            self.recorder.emit(DescriptorPosted(core.now_ps, core.number, queue, packet, slot))

    def descriptors_completed(self, time_ps: int, queue: int, count: int) -> None:
        """The driver cleaned `count` slots of a transmit ring; 0 emits no event."""
        if count and self.recorder.steps:
            self.recorder.emit(DescriptorsCompleted(time_ps, queue, count))

    def ring_produced(self, core: Core, kind: RingKind, queue: int, count: int, filled: int) -> None:
        """`count` entries went into a ring in memory, which holds `filled` now; 0 emits no event."""
        if count and self.recorder.steps:
            self.recorder.emit(RingProduced(core.now_ps, core.number, kind, queue, count, filled))

    def ring_consumed(self, core: Core, kind: RingKind, queue: int, count: int, filled: int) -> None:
        """`count` entries left a ring in memory, which holds `filled` now; 0 emits no event."""
        if count and self.recorder.steps:
            self.recorder.emit(RingConsumed(core.now_ps, core.number, kind, queue, count, filled))

    # ---- buffers and copies ----------------------------------------------------------------

    def skb_allocated(self, core: Core, packet: int, truesize: int) -> None:
        """An sk_buff was built that is charged with `truesize` bytes."""
        self.meters.allocations += 1
        if self.recorder.steps:
            self.recorder.tell(SkbAllocated(core.now_ps, core.number, packet, truesize))

    def skb_freed(self, core: Core, packet: int) -> None:
        """An sk_buff went back to its cache."""
        self.meters.frees += 1
        if self.recorder.steps:
            self.recorder.tell(SkbFreed(core.now_ps, core.number, packet))

    def skbs_freed(self, core: Core, frames: Iterable[Frame]) -> None:
        """The sk_buff of each of these frames went back."""
        for frame in frames:
            self.skb_freed(core, frame.packet)

    def copied(self, core: Core, packet: int, kind: CopyKind, length: int) -> None:
        """A CPU copied `length` bytes of payload; `kind` names the two sides."""
        self.meters.copies += 1
        self.meters.copied_bytes += length
        if self.recorder.steps:
            self.recorder.tell(Copied(core.now_ps, core.number, packet, kind, length))

    def xdp_ran(self, core: Core, packet: int, action: str) -> None:
        """An XDP program decided about a frame."""
        if self.recorder.steps:
            self.recorder.tell(XdpRan(core.now_ps, core.number, packet, action))

    def tlb_missed(self) -> None:
        """A translation was in no TLB."""
        self.meters.tlb_misses = (self.meters.tlb_misses or 0) + 1

    # ---- runs: many at once, only where nothing is told --------------------------------------

    def allocated_run(self, count: int) -> None:
        """`count` sk_buffs were built."""
        self.meters.allocations += count

    def read_run(self, count: int, length: int, calls: int) -> None:
        """`count` rounds of `calls` calls, one copy and one free each, copied `length` bytes in all."""
        meters = self.meters
        meters.syscalls += calls * count
        meters.mode_switches += 2 * calls * count
        meters.copies += count
        meters.copied_bytes += length
        meters.frees += count

    # ---- sockets ---------------------------------------------------------------------------

    def socket_queued(self, core: Core, packet: int, socket: str, queued: int, rcvbuf: int) -> None:
        """A packet waits in a receive queue that is charged with `queued` of `rcvbuf` bytes."""
        if self.recorder.steps:
            self.recorder.emit(SocketQueued(core.now_ps, core.number, packet, socket, queued, rcvbuf))

    def socket_dequeued(self, core: Core, packet: int, socket: str, queued: int) -> None:
        """A packet was taken from a receive queue, which is charged with `queued` bytes now."""
        if self.recorder.steps:
            self.recorder.tell(SocketDequeued(core.now_ps, core.number, packet, socket, queued))

    def send_queued(self, core: Core, socket: str, queued: int, sndbuf: int) -> None:
        """The application wrote: a send buffer holds `queued` of `sndbuf` bytes."""
        if self.recorder.steps:
            self.recorder.emit(SendQueued(core.now_ps, core.number, socket, queued, sndbuf))

    def send_acknowledged(self, core: Core, socket: str, queued: int) -> None:
        """A send buffer was given room; `queued` bytes are left in it."""
        if self.recorder.steps:
            self.recorder.emit(SendAcknowledged(core.now_ps, core.number, socket, queued))

    def states_changed(self, core: Core, socket: str, changes: Iterable[tuple[str, str]]) -> None:
        """A connection went through these states, each as (before, after)."""
        if self.recorder.steps:
            for before, after in changes:
                self.recorder.emit(TcpStateChanged(core.now_ps, core.number, socket, before, after))

    # ---- tasks -----------------------------------------------------------------------------

    def syscall(self, core: Core, call: str) -> None:
        """A task enters the kernel by a system call."""
        meters = self.meters
        meters.syscalls += 1
        meters.mode_switches += 1
        if self.recorder.steps:
            self.recorder.emit(SyscallEntered(core.now_ps, core.number, call))
            self.recorder.emit(ModeSwitched(core.now_ps, core.number, _KERNEL, "syscall"))

    def mode_switched(self, core: Core, to: Mode, why: str) -> None:
        """The wall between user and kernel mode was crossed; `why`: "syscall", "irq" or "switch"."""
        self.meters.mode_switches += 1
        if self.recorder.steps:
            self.recorder.emit(ModeSwitched(core.now_ps, core.number, to, why))

    def context_switched(self, core: Core, to: str) -> None:
        """The core goes to another task, by its name, or to "idle"."""
        self.meters.context_switches += 1
        if self.recorder.steps:
            self.recorder.emit(ContextSwitched(core.now_ps, core.number, to))

    def task_woken(self, waker: Core, task: str) -> None:
        """`waker` made a sleeping task runnable."""
        self.meters.wakeups += 1
        if self.recorder.steps:
            self.recorder.emit(TaskWoken(waker.now_ps, waker.number, task))
