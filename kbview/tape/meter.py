"""Meters: running totals and levels, there whatever the detail; a Sample puts them on the tape.

A sample is a key frame: state may start from any sample and add the events that follow it. Totals
count from the beginning of the run. `None` means that this source cannot know, never zero.
"""

import msgspec

from kbview.tape.detail import Detail
from kbview.tape.event import Account, Event, Meaning
from kbview.tape.histogram import Histogram
from kbview.tape.kernel_meter import DropMeter, IrqMeter, SoftnetMeter
from kbview.tape.vocabulary import Place, Reason, RingKind, drop_key

TOTALS = (
    "arrived",
    "delivered",
    "sent",
    "dropped",
    "missed",
    "unsent",
    "arrived_bytes",
    "delivered_bytes",
    "sent_bytes",
    "interrupts",
    "softirqs",
    "polls",
    "empty_polls",
    "squeezes",
    "syscalls",
    "mode_switches",
    "context_switches",
    "copies",
    "copied_bytes",
    "allocations",
    "frees",
    "wakeups",
    "unseen",
    "consumed",
    "forwarded",
)

DEFINITIONS: dict[str, str] = {
    "arrived": "frames whose last bit reached the port",
    "delivered": "packets that reached an application, the wire again, or a protocol of this host",
    "consumed": "delivered packets that end in a protocol of this host: SYN, ACK, FIN, ARP, ICMP",
    "forwarded": "delivered packets that this host passed on",
    "sent": "frames that left the host",
    "dropped": "frames given up with a reason: by a check in the NIC or by software",
    "missed": "frames for which the NIC had no free descriptor (rx_missed_errors)",
    "unsent": "frames made here that were given up on the way out: transmit queue or ring full",
    "in_flight": "frames that arrived and have not come to an end yet",
    "arrived_bytes": "frame lengths with FCS, summed; of a live kernel as its interface counts them",
    "delivered_bytes": "frame lengths with FCS of the delivered packets, summed",
    "sent_bytes": "frame lengths with FCS of the sent frames, summed",
    "interrupts": "hardware interrupts taken, for received frames and for sent ones (completions)",
    "completion_interrupts": "of the interrupts: no received frame was there, only sent frames",
    "softirqs": "runs of net_rx_action; entering one is not a mode switch",
    "polls": "times that software looked at a ring, with or without finding a frame",
    "empty_polls": "polls that found no received frame; polls for transmit completions are among them",
    "squeezes": "softirq runs that a budget stopped with work left (time_squeeze); not a drop",
    "syscalls": "calls from an application into the kernel",
    "mode_switches": (
        "crossings of the user/kernel wall, each direction counted; of a live kernel "
        "derived, as two for each system call of the watched tasks"
    ),
    "context_switches": (
        "times a core went from one task to another, the idle task included; of a live receiver "
        "derived, as two for each time that it left its core"
    ),
    "copies": (
        "copies of payload made by a CPU; DMA is not one; of a live receiver derived, as a fixed "
        "number for each delivered packet"
    ),
    "copied_bytes": "bytes in those copies",
    "allocations": (
        "buffer descriptors (sk_buffs) allocated for a packet; of live AF_XDP on a veth derived, as "
        "two for each delivered packet"
    ),
    "frees": "sk_buffs given back",
    "wakeups": "sleeping tasks made runnable; of a live receiver, how often it slept",
    "unseen": "packets whose end no record tells: neither delivered nor dropped, as far as is known",
    "tlb_misses": "translations not found in the TLB",
    "latency_ps": "from the last bit on the wire until an application has the packet, or it leaves",
    "kernel_latency_ps": "the same for consumed packets: until a protocol of this host has taken them",
}


class CoreMeter(msgspec.Struct, gc=False):
    """A core's time by account, in picoseconds; they add up to the time since the start."""

    cpu: int
    task: str = "idle"
    idle_ps: int = 0
    hardirq_ps: int = 0
    softirq_ps: int = 0
    ksoftirqd_ps: int = 0
    syscall_ps: int = 0
    copy_ps: int = 0
    user_ps: int = 0
    poll_useful_ps: int = 0
    poll_empty_ps: int = 0

    def of(self, account: Account) -> int:
        """Time booked to one account."""
        booked: int = getattr(self, f"{account}_ps")
        return booked


class StageMeter(msgspec.Struct, array_like=True, gc=False):
    """How often a step was taken and how long all of it took."""

    count: int = 0
    total_ps: int = 0


class RingMeter(msgspec.Struct, gc=False):
    """A descriptor ring. From `next_to_clean`, `done` slots hold a frame or are receiving one;
    `cleaned` slots before it are emptied but not given back; from `head` up to `tail` they are the
    NIC's to write. `masked`: whether its interrupt is; None where there is none.

    `kind` is "rx" or "tx" for the NIC's own; else the name of a ring or queue in memory. Its `done`
    entries wait for the side that takes them out. `freezes`: how often the kernel stopped filling a
    "block" ring because the user had given no block back (tp_freeze_q_cnt). The `done` of a "mempool"
    and of an lcore's "cache" are free mbufs; its `freezes` how often there was none (rx_nombuf).
    """

    queue: int
    size: int
    head: int = 0
    tail: int = 0
    next_to_clean: int = 0
    done: int = 0
    cleaned: int = 0
    masked: bool | None = None
    kind: RingKind = RingKind.RX
    freezes: int = 0

    @property
    def free(self) -> int:
        """Descriptors that the NIC may still write to; in shared memory, entries not waiting."""
        if self.kind in (RingKind.RX, RingKind.TX):
            return (self.tail - self.head) % self.size
        return self.size - self.done

    def block_retired(self, block: int) -> None:
        """The user has one block more; the kernel goes on to the next, if that is its own."""
        self.done += 1
        self.head = (block + 1) % self.size

    def block_released(self, block: int) -> None:
        """The kernel has it again."""
        self.done -= 1
        self.tail, self.next_to_clean = block, (block + 1) % self.size


class SocketMeter(msgspec.Struct, gc=False):
    """A socket's queues, in truesize bytes as the kernel accounts them.

    `received` counts packets that came to the receive queue. Of a live kernel it counts TCP's segments
    that came in, and UDP's datagrams that were read. `received_bytes` is text of TCP, None where it is
    unknown. `unknown` are names of fields that the source cannot count: their numbers mean nothing.

    A listening socket is named "tcp :PORT accept". Its queue is the accept queue: `queued` of at most
    `rcvbuf` connections.
    """

    name: str
    queued: int = 0
    rcvbuf: int = 0
    packets: int = 0
    received: int = 0
    drops: int = 0
    send_queued: int | None = None
    received_bytes: int | None = None
    unknown: tuple[str, ...] = ()

    @property
    def listens(self) -> bool:
        """Whether connections wait here, not packets."""
        return self.name.rstrip("'").endswith(" accept")


class Meters(msgspec.Struct, gc=False):
    """All of them. `drops` is keyed "where/REASON"; `in_flight` is counted where frames are held.

    `latency` is of packets that an application received or that were passed on, `kernel_latency` of
    consumed packets.

    `gauges` are numbers of a watched application or device that have no meter of their own, by the
    names that it gives them; they are as it tells them, and need not count from the beginning.

    `unknown` are names of meters that the source has stopped to count: their numbers mean nothing.
    `banner` is a sentence that stays on the screen while it is true, "" if there is none. `causes` are
    the most frequent drops, each by function, port and process, where the source can tell them.
    `softnet` and `irqs` are of a live kernel, core by core and line by line.
    """

    arrived: int = 0
    delivered: int = 0
    sent: int = 0
    dropped: int = 0
    missed: int = 0
    unsent: int = 0
    in_flight: int = 0
    arrived_bytes: int = 0
    delivered_bytes: int = 0
    sent_bytes: int = 0
    interrupts: int = 0
    softirqs: int = 0
    polls: int = 0
    empty_polls: int = 0
    squeezes: int = 0
    syscalls: int = 0
    mode_switches: int = 0
    context_switches: int = 0
    copies: int = 0
    copied_bytes: int = 0
    allocations: int = 0
    frees: int = 0
    wakeups: int = 0
    tlb_misses: int | None = None
    drops: dict[str, int] = msgspec.field(default_factory=dict)
    cores: list[CoreMeter] = msgspec.field(default_factory=list)
    stages: dict[str, StageMeter] = msgspec.field(default_factory=dict)
    rings: list[RingMeter] = msgspec.field(default_factory=list)
    sockets: dict[str, SocketMeter] = msgspec.field(default_factory=dict)
    latency: Histogram = msgspec.field(default_factory=Histogram)
    gauges: dict[str, int] = msgspec.field(default_factory=dict)
    unseen: int = 0
    consumed: int = 0
    forwarded: int = 0
    kernel_latency: Histogram = msgspec.field(default_factory=Histogram)
    unknown: tuple[str, ...] = ()
    banner: str = ""
    causes: list[DropMeter] = msgspec.field(default_factory=list)
    completion_interrupts: int | None = None
    softnet: list[SoftnetMeter] = msgspec.field(default_factory=list)
    irqs: list[IrqMeter] = msgspec.field(default_factory=list)

    def drop(self, where: Place, reason: Reason, count: int = 1) -> None:
        """Count `count` packets given up."""
        key = drop_key(where, reason)
        self.dropped += count
        self.drops[key] = self.drops.get(key, 0) + count

    def core(self, cpu: int) -> CoreMeter:
        """The meter of a core; a core without a meter gets one, and so have all before it."""
        cores = self.cores
        while len(cores) <= cpu:
            cores.append(CoreMeter(len(cores)))
        return cores[cpu]

    def ring(self, queue: int, kind: RingKind = RingKind.RX) -> RingMeter | None:
        """The meter of that ring, None if there is none."""
        for ring in self.rings:
            if ring.queue == queue and ring.kind == kind:
                return ring
        return None

    def conserved(self) -> bool:
        """Whether every frame is accounted for."""
        ended = self.delivered + self.dropped + self.missed + self.unseen
        return self.arrived == ended + self.in_flight

    def copy(self) -> "Meters":
        """An independent copy."""
        replace = msgspec.structs.replace
        return replace(
            self,
            drops=dict(self.drops),
            gauges=dict(self.gauges),
            cores=[replace(core) for core in self.cores],
            stages={name: replace(stage) for name, stage in self.stages.items()},
            rings=[replace(ring) for ring in self.rings],
            sockets={name: replace(socket) for name, socket in self.sockets.items()},
            latency=self.latency.copy(),
            kernel_latency=self.kernel_latency.copy(),
            causes=list(self.causes),
            softnet=list(self.softnet),
            irqs=list(self.irqs),
        )


class Sample(Event):
    """The meters as they were at `time_ps`.

    `detail` is that of the stretch which follows. `exact` says that no event further on the tape is
    counted here already. Cores run a little ahead of each other, so a sample between two of their
    steps is not exact. A reader that counts events ignores an inexact sample.
    """

    meaning = Meaning("", "The meters at this moment.")
    meters: Meters
    detail: Detail
    exact: bool = True
